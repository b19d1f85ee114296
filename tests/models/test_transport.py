"""A transport keeps its password sealed, and knows what may leave on a day."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from mailer.errors import InvalidSetting, UnreadableSecret
from mailer.models import DomainLimit, Transport
from mailer.models.transport import WARM_UP, join_password, split_password, warm_up_cap
from tests.conftest import ROOT
from tests.fakes.world import NOW

URL = "smtp://ada:hunter%202@mail.example:587?tls=required"
START = dt.date(2026, 3, 1)


def test_no_column_shows_the_password(db):
    row = Transport.objects.create(name="relay", url=URL)

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mailer_transport")
        stored = str(cursor.fetchall())
    assert "hunter" not in stored
    assert row.url == "smtp://ada@mail.example:587?tls=required"
    assert row.config().password == "hunter 2"


def test_its_password_stays_when_the_address_comes_without_one(db):
    row = Transport.objects.create(name="relay", url=URL)
    row.set_url("smtp://ada@mail.example:2525?tls=required")
    row.save()

    assert Transport.objects.get().config().password == "hunter 2"
    assert Transport.objects.get().config().port == 2525


def test_an_empty_password_forgets_the_old(db):
    row = Transport.objects.create(name="relay", url=URL)
    row.set_password("")

    with pytest.raises(InvalidSetting, match="without a password"):
        row.config()


def test_under_another_secret_key_it_says_so_where_the_address_is(db, settings):
    row = Transport.objects.create(name="relay", url=URL)
    settings.SECRET_KEY = "another key, of at least 32 characters"

    with pytest.raises(UnreadableSecret):
        row.config()
    with pytest.raises(ValidationError, match="enter the secret anew"):
        row.full_clean()


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "smtp://ada@mail.example:587",
        "smtp://ada:x@mail.example?tls=none",
        "http://mail.example",
        "smtp://ada:secret@[::1",
        "",
    ],
)
def test_a_bad_address_is_refused_without_its_password(db, url):
    with pytest.raises(ValidationError) as refusal:
        Transport(name="relay", url=url).full_clean()

    assert "MASTHEAD" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("password", ["hunter2", "a:b@c/d?e#f", "пароль", "%41", "[]"])
def test_any_password_survives_being_cut_out_and_put_back(password):
    url = join_password("smtp://ada@mail.example:587", password)

    assert split_password(url) == ("smtp://ada@mail.example:587", password)


def test_an_address_without_a_user_takes_no_password():
    assert join_password("smtp://mail.example", "x") == "smtp://mail.example"


def test_the_messages_of_a_connection_are_its_own_choice():
    row = Transport(name="relay", messages_per_connection=7)
    row.set_url(URL)

    assert row.config().messages_per_connection == 7


@pytest.mark.parametrize(
    ("day", "cap"),
    [(0, WARM_UP[0]), (1, WARM_UP[1]), (len(WARM_UP) - 1, WARM_UP[-1]), (len(WARM_UP), None)],
)
def test_a_warm_up_grows_day_by_day_and_ends(day, cap):
    assert warm_up_cap(START, START + dt.timedelta(days=day)) == cap


def test_before_its_first_day_a_warm_up_is_at_its_first_day():
    assert warm_up_cap(START, START - dt.timedelta(days=9)) == WARM_UP[0]


def test_the_documents_show_the_warm_up_table():
    rows = re.findall(
        r"^\| messages \| (.*) \|$", (ROOT / "docs/limits.md").read_text(), re.MULTILINE
    )

    shown = [int(number.replace(",", "")) for row in rows for number in row.split(" | ")]
    assert tuple(shown) == WARM_UP


def test_the_warm_up_table_never_shrinks():
    assert list(WARM_UP) == sorted(set(WARM_UP))


@pytest.mark.parametrize(
    ("cap", "start", "expected"),
    [
        (None, None, None),
        (100, None, 100),
        (None, START, 200),
        (100, START, 100),
        (300, START, 200),
    ],
)
def test_the_stricter_of_cap_and_warm_up_counts(cap, start, expected):
    assert Transport(daily_cap=cap, warm_up_from=start).cap_on(START) == expected


def test_what_is_mended_is_healthy():
    row = Transport(failures=9, failing_since=NOW, retry_at=NOW, problem="no route")
    row.forget_failures()

    assert (row.failures, row.failing_since, row.retry_at, row.problem) == (0, None, None, "")


@pytest.mark.parametrize("rate", ["0", "-1", "0.0001"])
def test_a_rate_that_never_sends_is_refused(db, rate):
    with pytest.raises(ValidationError):
        Transport(name="relay", url="smtp://mail.example", messages_per_second=rate).full_clean()


@pytest.mark.parametrize("written", ["Example.ORG", " ada@example.org ", "@example.org"])
def test_a_domain_is_kept_in_one_form(written):
    limit = DomainLimit(provider=written, in_flight=1)
    limit.full_clean(validate_unique=False, validate_constraints=False)

    assert limit.provider == "example.org"


def test_a_provider_has_one_limit_for_all_transports(db):
    DomainLimit.objects.create(provider="gmail", in_flight=1)

    with pytest.raises(IntegrityError):
        DomainLimit.objects.create(provider="gmail", in_flight=2)
