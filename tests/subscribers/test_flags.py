from __future__ import annotations

import datetime as dt
import tomllib

import pytest

from subscribers import flags
from subscribers.addresses import normalise
from subscribers.flags import AddressFlag, flag

TABLE = tomllib.loads(flags._TABLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("ada@people.example", ()),
        ("info@people.example", (AddressFlag.ROLE,)),
        ("info+letter@people.example", (AddressFlag.ROLE,)),
        ("information@people.example", ()),
        ("ada@mailinator.com", (AddressFlag.DISPOSABLE,)),
        ("ada@inbox.mailinator.com", (AddressFlag.DISPOSABLE,)),
        ("ada@notmailinator.com", ()),
        ("admin@yopmail.com", (AddressFlag.ROLE, AddressFlag.DISPOSABLE)),
    ],
)
def test_an_address_has_its_marks(address, found):
    assert flag(address) == found


def test_the_tables_are_dated_and_hold_what_can_be_met():
    assert isinstance(TABLE["dated"], dt.date)
    for names in TABLE["roles"].values():
        assert all(normalise(f"{name}@people.example").startswith(name) for name in names)
    domains = TABLE["disposable"]["domains"]
    assert len(domains) == len(set(domains)) > 100
    assert all(normalise(f"a@{domain}") == f"a@{domain}" for domain in domains)
