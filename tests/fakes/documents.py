"""Documents of every kind of block, in several scripts."""

from __future__ import annotations

import datetime as dt

from mailer.types import (
    Announcement,
    Article,
    Colophon,
    Document,
    Event,
    Photo,
    Picture,
    Profile,
    Prose,
    PublishedDate,
    Quotation,
    Role,
    Section,
)

BOAT = Picture(name="b" * 64 + ".jpg", media_type="image/jpeg", data=b"x", width=800, height=600)
PORTRAIT = Picture(name="c" * 64 + ".png", media_type="image/png", data=b"y", width=120, height=160)
# A line in each of the scripts that mail programs handle least well.
SCRIPTS = {
    "ar": "أهلًا وسهلًا، العدد 13 من ANSO",
    "he": "שָׁלוֹם עֲלֵיכֶם",
    "hi": "नमस्ते, क्षितिज",
    "th": "สวัสดีชาวโลก",
    "zh-Hans": "你好\uff0c「世界」。",
    "en": 'Ünïcode 👩\u200d🚀 e\u0301 a\u00a0b "q" \\ & <i>',
}


def make_document(
    text: str = "Words", *, language: str = "en", url: str = "https://a.example/"
) -> Document:
    """Make a document in which ``text`` stands in every field that takes text."""
    blocks = (
        Prose(markdown=f"{text}\n\n- one\n- two\n  1. three\n\n### minor\n\n[label]({url}) a  \nb"),
        Photo(source="boat.jpg", alt=text, caption=text, credit=text),
        Profile(name=text, country=text, note=text, portrait="bo.png", portrait_alt=text),
        Profile(name=text),
        Quotation(markdown=text, attribution=text),
        Quotation(markdown=text),
        Announcement(label=text, url=url),
        Event(
            title=text, starts=dt.date(2026, 4, 1), ends=dt.date(2026, 4, 3), place=text, url=url
        ),
        Event(title=text, starts=dt.date(2026, 4, 1)),
        Photo(source="boat.jpg", alt=text),
    )
    article = Article(title=text, anchor="article-1", blocks=blocks)
    return Document(
        publication=text,
        number=7,
        published=PublishedDate(year=2026, month=3),
        language=language,
        subject=text,
        preheader=text,
        colophon=Colophon(
            publisher=text,
            address=text,
            phone="+47 1",
            email="a@b.example",
            website="https://b.example/",
            roles=(Role(title=text, names=(text, "Bo Li")),),
        ),
        sections=(
            Section(title=text, anchor="section-1", blocks=blocks[:1], articles=(article,)),
            Section(title="Empty", anchor="section-2"),
        ),
        pictures={"boat.jpg": BOAT, "bo.png": PORTRAIT},
    )
