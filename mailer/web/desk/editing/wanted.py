"""What each part of a draft can't be without, in words for who writes it."""

from __future__ import annotations

from collections.abc import Mapping

from mailer.web.desk.editing.parts import HEAD, SECTION

# What must be said, in words for who writes it; the rest is told as content tells it.
WANTED: Mapping[tuple[str, str], str] = {
    (HEAD, "subject"): "Write a subject: it is what readers see first.",
    (HEAD, "published"): "Write the date on the masthead: a year, a month or a day.",
    (HEAD, "publication"): "Write the publication\N{RIGHT SINGLE QUOTATION MARK}s name.",
    (HEAD, "publisher"): "Say who publishes it.",
    (HEAD, "address"): "Write a postal address: laws and mail programs want one.",
    (SECTION, "title"): "Write the section\N{RIGHT SINGLE QUOTATION MARK}s title.",
    ("article", "title"): "Write the article\N{RIGHT SINGLE QUOTATION MARK}s title.",
    ("prose", "markdown"): "Write something, or delete this text.",
    ("photo", "src"): "Choose a picture.",
    ("photo", "alt"): "Say what the photo shows, for those who can\N{RIGHT SINGLE QUOTATION MARK}t"
    " see it.",
    ("profile", "name"): "Write the person\N{RIGHT SINGLE QUOTATION MARK}s name.",
    ("quotation", "markdown"): "Write the words that are quoted.",
    ("announcement", "label"): "Write what the button says.",
    ("announcement", "url"): "Write the address that the button leads to.",
    ("event", "title"): "Say what takes place.",
    ("event", "starts"): "Say on which day it starts.",
}
