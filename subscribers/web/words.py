"""The languages that the public pages speak, and what they say beside their templates."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language_info, gettext, gettext_noop, override

from subscribers.models import LeavingReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language of the pages: Django's code, its BCP 47 tag, its direction, its own name."""

    code: str
    tag: str
    direction: str
    name: str


def _describe(code: str, name: str) -> Language:
    main, _, script = code.partition("-")
    return Language(
        code=code,
        tag="-".join(filter(None, (main, script.title()))),
        direction="rtl" if get_language_info(code)["bidi"] else "ltr",
        name=name,
    )


# By base language: whoever reads Traditional Chinese is better served by Simplified than English.
LANGUAGES = {code.partition("-")[0]: _describe(code, name) for code, name in settings.LANGUAGES}

LEAVING_REASONS = {
    LeavingReason.TOO_MANY: gettext_noop("I get too many messages"),
    LeavingReason.UNEXPECTED: gettext_noop("It is not what I expected"),
    LeavingReason.NEVER_ASKED: gettext_noop("I never asked for it"),
    LeavingReason.OTHER: gettext_noop("Another reason"),
}


def find_language(*tags: str) -> Language:
    """Return the first of these languages that the pages speak, or English."""
    for tag in tags:
        language = LANGUAGES.get(tag.partition("-")[0].lower())
        if language is not None:
            return language
    return LANGUAGES["en"]


def word_consent(language: Language, *, publication: str, publisher: str) -> str:
    """Return what somebody agrees to who subscribes, in one language."""
    with override(language.code):
        return gettext(
            "I agree that {publisher} keeps my address and sends me the lists of {publication}"
            " that I have chosen. When and from where I agreed is written down. I can leave at"
            " any time, and have all of it erased."
        ).format(publisher=publisher, publication=publication)
