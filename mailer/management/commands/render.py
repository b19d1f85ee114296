"""``./masthead render FILE --out DIR``: an issue file as its readers will get it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailer.content.read import read_issue
from mailer.content.segments import choose_variant, name_segments
from mailer.errors import InvalidIssue, MastheadError
from mailer.message.compile import compile_message
from mailer.message.eml import write_eml
from mailer.message.headers import MessageHeaders
from mailer.rendering.links import link_mailbox
from mailer.rendering.render import render_issue
from mailer.rendering.theme import Theme, load_theme
from mailer.types import SLOT_PATTERN, Document, SlotName

SITE = "https://bulletin.example.org"
# A reader who does not exist, so that nobody takes a preview for a message.
READER = {
    "to": "A Reader <reader@example.org>",
    "message_id": "preview@bulletin.example.org",
    "unsubscribe_mailto": "u-preview@bulletin.example.org",
    SlotName.UNSUBSCRIBE_URL: f"{SITE}/u/preview",
    SlotName.PREFERENCES_URL: f"{SITE}/p/preview",
    SlotName.WEB_URL: f"{SITE}/archive/preview",
    SlotName.NAME: "A Reader",
    SlotName.EMAIL: "reader@example.org",
}


class Command(BaseCommand):
    help = "Write an issue file as MJML, HTML, plain text and a complete message (.eml)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the issue file; its pictures are beside it")
        parser.add_argument("--out", type=Path, required=True, help="the folder to write into")
        parser.add_argument("--theme", default="default", help="the theme's name")

        parser.add_argument(
            "--segment",
            action="append",
            default=[],
            help="show what is for people in this segment too; may be repeated",
        )

    def handle(
        self, *_: Any, file: Path, out: Path, theme: str, segment: list[str], **__: Any
    ) -> None:
        try:
            document = _choose(read_issue(file), segment)
            written = write_files(document, load_theme(theme), out, file.stem)
        except InvalidIssue as error:
            raise CommandError(f"{error}\nNothing was written.") from error
        except MastheadError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise CommandError(
                f"{out} can't be written into ({reason}): name another folder with --out."
            ) from error
        for path in written:
            self.stdout.write(str(path))


def _choose(document: Document, segments: list[str]) -> Document:
    """Return the document as people in these segments see it."""
    named = name_segments(document)
    for segment in segments:
        if segment not in named:
            known = ", ".join(named) or "none"
            raise CommandError(f"The issue file names no segment {segment!r}; it names {known}.")
    return choose_variant(document, segments)


def write_files(document: Document, theme: Theme, out: Path, name: str) -> list[Path]:
    """Write the issue in its four forms and return their paths; pictures go beside the HTML."""
    shown = render_issue(document, theme=theme, picture_url=lambda each: f"pictures/{each.name}")
    mailed = render_issue(document, theme=theme, picture_url=lambda each: f"cid:{each.name}")
    compiled = compile_message(mailed, headers=_headers(document), embed_pictures=True)
    (out / "pictures").mkdir(parents=True, exist_ok=True)
    for picture in shown.pictures:
        (out / "pictures" / picture.name).write_bytes(picture.data)
    files = {
        ".mjml": shown.mjml.encode(),
        ".html": _fill(shown.html).encode(),
        ".txt": _fill(shown.text).encode(),
        ".eml": write_eml(compiled, READER),
    }
    paths = [out / f"{name}{suffix}" for suffix in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_bytes(content)
    return paths


def _fill(text: str) -> str:
    return SLOT_PATTERN.sub(lambda match: READER[match[1]], text)


def _headers(document: Document) -> MessageHeaders:
    address = document.colophon.email or "bulletin@example.org"
    return MessageHeaders(
        from_name=document.colophon.publisher,
        from_address=address,
        list_id="preview.bulletin.example.org",
        list_name=document.publication,
        list_archive=f"{SITE}/archive/",
        list_help=link_mailbox(address),
        feedback_id=("preview", "bulletin"),
        date=timezone.now(),
    )
