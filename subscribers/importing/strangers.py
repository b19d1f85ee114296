"""Writing a chunk of people nobody knows yet, in the form in which the reading process packed them.

A large file is mostly of new people. Whether they are is not asked first: the index of addresses
refuses the chunk where one of them is known, and then it is written as any other.
"""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from subscribers.binary import copy_cells, lay_out_numbers
from subscribers.bulk import reserve_ids
from subscribers.importing.packed import DETAILS, PackedRows
from subscribers.models import ConsentAction, ConsentRecord, List, Subscriber, Subscription

METHOD = "import"


def write_strangers(
    rows: PackedRows, *, group: List, state: str, basis: str, now: dt.datetime
) -> bool:
    """Write people, their places on a list and the evidence, unless somebody is known.

    Return whether they are written: all of them or, in a savepoint, nobody.
    """
    try:
        with transaction.atomic():
            numbers = lay_out_numbers(reserve_ids(Subscriber, len(rows)))
            copy_cells(
                Subscriber,
                ("id", "email_normalised", *DETAILS),
                *(numbers, rows.addresses, rows.details),
                always={"created_at": now},
            )
            copy_cells(
                Subscription,
                ("subscriber_id",),
                numbers,
                always={"list_id": group.pk, "state": state, "changed_at": now},
            )
            evidence = {"list_slug": group.slug, "method": METHOD, "basis": basis, "at": now}
            copy_cells(
                ConsentRecord,
                ("subscriber_id", "email"),
                *(numbers, rows.addresses),
                always=evidence | {"action": ConsentAction.IMPORTED.value},
            )
    except IntegrityError:
        return False
    return True
