"""What a letter says, in its reader's language: the words alone, without any form.

No letter carries a text that a stranger could have typed into a form, such as a name: it
would be an advertisement that we deliver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language, get_language_info, gettext, override

from subscribers.links import (
    confirm_url,
    new_address_url,
    old_address_url,
    preferences_url,
    unsubscribe_url,
)
from subscribers.models import List, Notice, NoticeKind
from subscribers.names import clean_name

LONGEST_SUBJECT_NAME = 60  # characters of a list's name that a subject has room for
# Marks that keep a value's direction from leaking into its sentence (Unicode UAX 9).
ISOLATE, END_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A short message: a heading, paragraphs, one thing to do, and what follows it.

    ``button`` and ``url`` are what to do and where. ``leave_url`` is where the reader leaves
    the list that the letter is about, by one POST; empty where there is none to leave.
    """

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    button: str
    url: str
    after: tuple[str, ...]
    leave_url: str = ""
    leave: str = ""


def write_letter(notice: Notice) -> Letter:
    """Return what a notice says to its reader."""
    groups = list(List.objects.filter(pk__in=notice.lists).order_by("name"))
    with override(find_catalogue(notice.language)):
        return WRITERS[NoticeKind(notice.kind)](notice, groups)


def _confirm(notice: Notice, groups: Sequence[List]) -> Letter:
    return Letter(
        subject=gettext("Please confirm your subscription to {list}").format(
            list=_name_briefly(groups)
        ),
        heading=gettext("Please confirm your subscription"),
        paragraphs=(
            gettext("Somebody, probably you, asked that {email} should receive {list}.").format(
                email=_isolate(notice.email), list=_name(groups)
            ),
        ),
        button=gettext("Confirm"),
        url=confirm_url(subscriber_id=notice.subscriber_id, notice_id=notice.pk),
        after=(_seven_days(), _not_you()),
    )


def _known(notice: Notice, groups: Sequence[List]) -> Letter:
    return Letter(
        subject=gettext("You are on the list already"),
        heading=gettext("You are on the list already"),
        paragraphs=(
            gettext("Somebody, probably you, asked that {email} should receive {list}.").format(
                email=_isolate(notice.email), list=_name(groups)
            ),
            gettext("It does already, so there is nothing to do."),
        ),
        button=gettext("Change what you get"),
        url=_preferences(notice),
        after=(),
    )


def _welcome(notice: Notice, groups: Sequence[List]) -> Letter:
    own = [text for group in groups for text in group.welcome_text.split("\n\n") if text.strip()]
    return Letter(
        subject=gettext("Welcome to {list}").format(list=_name_briefly(groups)),
        heading=gettext("Welcome"),
        paragraphs=(
            *own,
            gettext("{email} will receive {list} from now on.").format(
                email=_isolate(notice.email), list=_name(groups)
            ),
        ),
        button=gettext("Change what you get"),
        url=_preferences(notice),
        after=(),
        leave=gettext("Unsubscribe"),
        leave_url=unsubscribe_url(subscriber_id=notice.subscriber_id, list_id=notice.lists[0]),
    )


def _new_address(notice: Notice, _: Sequence[List]) -> Letter:
    return Letter(
        subject=gettext("Please confirm your new address"),
        heading=gettext("Please confirm your new address"),
        paragraphs=(
            gettext(
                "Somebody, probably you, asked that our mail should go to {email} from now on."
            ).format(email=_isolate(notice.email)),
        ),
        button=gettext("Confirm the new address"),
        url=new_address_url(subscriber_id=notice.subscriber_id, change_id=notice.change_id or 0),
        after=(_seven_days(), _not_you()),
    )


def _old_address(notice: Notice, _: Sequence[List]) -> Letter:
    return Letter(
        subject=gettext("Your address is to be changed"),
        heading=gettext("Your address is to be changed"),
        paragraphs=(
            gettext(
                "Somebody, probably you, asked that what we send to {email} should go to another"
                " address. It will as soon as the other address has been confirmed."
            ).format(email=_isolate(notice.email)),
            gettext("If it was you, there is nothing to do."),
        ),
        button=gettext("Keep my address"),
        url=old_address_url(subscriber_id=notice.subscriber_id, change_id=notice.change_id or 0),
        after=(gettext("For seven days after the change you can take it back here."),),
    )


WRITERS: dict[NoticeKind, Callable[[Notice, Sequence[List]], Letter]] = {
    NoticeKind.CONFIRM: _confirm,
    NoticeKind.KNOWN: _known,
    NoticeKind.WELCOME: _welcome,
    NoticeKind.NEW_ADDRESS: _new_address,
    NoticeKind.OLD_ADDRESS: _old_address,
}


def write_footer(language: str, *, sender: str, site: str) -> str:
    """Return the line below a letter that says who sends it."""
    with override(find_catalogue(language)):
        return gettext("This message comes from {sender}, through {site}.").format(
            sender=_isolate(sender), site=_isolate(site)
        )


def find_catalogue(language: str) -> str:
    """Return the language of ours that a person of this one is written to in, or English.

    People are imported with whatever tag was known, or with none.
    """
    ours = {code.partition("-")[0]: code for code, _ in settings.LANGUAGES}
    return ours.get(language.partition("-")[0].lower(), "en")


def _seven_days() -> str:
    return gettext("The link works for seven days.")


def _not_you() -> str:
    return gettext("If it was not you, do nothing: you will not hear from us again.")


def _preferences(notice: Notice) -> str:
    list_id = notice.lists[0] if notice.lists else 0
    return preferences_url(subscriber_id=notice.subscriber_id, list_id=list_id)


def _name(groups: Sequence[List]) -> str:
    comma = gettext(", ")
    return comma.join(_isolate(clean_name(group.name)) for group in groups)


def _name_briefly(groups: Sequence[List]) -> str:
    name = clean_name(groups[0].name) if groups else ""
    if len(name) > LONGEST_SUBJECT_NAME:
        name = f"{name[:LONGEST_SUBJECT_NAME].rstrip()}…"
    return name if len(groups) < 2 else f"{name} …"


def _isolate(value: str) -> str:
    """Return a value that lets no direction leak; bare where all is written left to right."""
    is_rtl = get_language_info(get_language() or "en")["bidi"]
    return f"{ISOLATE}{value}{END_ISOLATE}" if is_rtl else value
