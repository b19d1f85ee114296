"""Who may do what at the desk: one table, which every page consults."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from mailer.models import Role


class Act(StrEnum):
    """What can be done; each page is for one of these."""

    LOOK = "look"  # at issues, mailings and figures
    WRITE = "write"  # issues: take a file in, replace an edition
    SIGN = "sign"  # put a name under a warning, comment, sign off in one's own turn
    PLAN = "plan"  # a mailing: its lists, its segment, its time
    SEND = "send"  # schedule it, go on with it, cancel it
    PAUSE = "pause"  # stop it for now: harmless, and urgent when it is wanted
    COUNT = "count"  # how many are on lists and in segments; nobody's name or address
    PEOPLE = "people"  # who they are, and all that is done to them
    AUDIT = "audit"  # read what was done
    TEAM = "team"  # say who may do what
    SETTINGS = "settings"  # the sender, its domain, its servers


EVERYBODY = frozenset(Role)
WRITERS = EVERYBODY - {Role.VIEWER}
EDITORS = frozenset({Role.ADMIN, Role.RESPONSIBLE, Role.EDITOR})
SENDERS = frozenset({Role.ADMIN, Role.RESPONSIBLE})
ADMINS = frozenset({Role.ADMIN})

PERMISSIONS: Mapping[Act, frozenset[Role]] = {
    Act.LOOK: EVERYBODY,
    Act.WRITE: WRITERS,
    Act.SIGN: WRITERS,
    Act.PLAN: EDITORS,
    Act.SEND: SENDERS,
    Act.PAUSE: EDITORS,
    Act.COUNT: EDITORS,
    Act.PEOPLE: ADMINS,
    Act.AUDIT: ADMINS,
    Act.TEAM: ADMINS,
    Act.SETTINGS: ADMINS,
}


def may(role: Role, act: Act) -> bool:
    """Tell whether somebody in this role may do it."""
    return role in PERMISSIONS[act]
