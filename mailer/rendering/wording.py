"""The theme's own words, dates and directions, by language."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton

from mailer.types import Direction, PublishedDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What the theme says in one language. ``sent_to`` holds ``{email}``."""

    number: str
    view_on_web: str
    contents: str
    photo: str
    colophon: str
    unsubscribe: str
    preferences: str
    sent_to: str
    more: str


WORDINGS: dict[str, Wording] = {
    "en": Wording(
        number="No. {number}",
        view_on_web="View on the web",
        contents="In this issue",
        photo="Photo",
        colophon="Colophon",
        unsubscribe="Unsubscribe",
        preferences="Change your preferences",
        sent_to="This was sent to {email}.",
        more="Read more",
    ),
    "fr": Wording(
        number="Nº {number}",
        view_on_web="Lire sur le web",
        contents="Dans ce numéro",
        photo="Photo",
        colophon="Ours",
        unsubscribe="Se désabonner",
        preferences="Modifier vos préférences",
        sent_to="Ce message a été envoyé à {email}.",
        more="En savoir plus",
    ),
    "es": Wording(
        number="N.º {number}",
        view_on_web="Ver en la web",
        contents="En este número",
        photo="Foto",
        colophon="Créditos",
        unsubscribe="Darse de baja",
        preferences="Cambiar sus preferencias",
        sent_to="Este mensaje se envió a {email}.",
        more="Más información",
    ),
    "ru": Wording(
        number="№ {number}",
        view_on_web="Открыть на сайте",
        contents="В этом выпуске",
        photo="Фото",
        colophon="Выходные данные",
        unsubscribe="Отписаться",
        preferences="Изменить настройки подписки",
        sent_to="Это письмо отправлено на адрес {email}.",
        more="Подробнее",
    ),
    "ar": Wording(
        number="العدد {number}",
        view_on_web="اعرض على الويب",
        contents="في هذا العدد",
        photo="صورة",
        colophon="هيئة التحرير",
        unsubscribe="إلغاء الاشتراك",
        preferences="تعديل تفضيلاتك",
        sent_to="أُرسلت هذه الرسالة إلى {email}.",
        more="اقرأ المزيد",
    ),
    "zh": Wording(
        number="第 {number} 期",
        view_on_web="在网页上查看",
        contents="本期内容",
        photo="图片",
        colophon="编辑信息",
        unsubscribe="退订",
        preferences="更改偏好设置",
        sent_to="本邮件发送至 {email}。",
        more="阅读更多",
    ),
}


def find_wording(language: str) -> Wording:
    """Return the theme's words in a language (BCP 47), or in English if it has no others."""
    return WORDINGS.get(language.partition("-")[0].lower(), WORDINGS["en"])


def find_direction(language: str) -> Direction:
    """Return the direction in which a language is written."""
    return Direction(_locale(language).text_direction)


def write_date(date: PublishedDate, language: str) -> str:
    """Return the masthead's date, as exact as it was given: "February 2021"."""
    if date.month is None:
        return str(date.year)
    day = dt.date(date.year, date.month, date.day or 1)
    if date.day is None:
        return format_skeleton("yMMMM", day, locale=_locale(language))
    return format_date(day, "long", locale=_locale(language))


def write_days(starts: dt.date, ends: dt.date | None, language: str) -> str:
    """Return the days of an event: one, or from the first to the last."""
    if ends is None or ends == starts:
        return format_date(starts, "long", locale=_locale(language))
    return format_interval(starts, ends, skeleton="yMMMd", locale=_locale(language))


def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")
