"""The theme's own words, by language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What the theme says in one language. ``sent_to`` holds ``{email}``; ``comma`` joins names."""

    number: str
    view_on_web: str
    contents: str
    photo: str
    colophon: str
    unsubscribe: str
    preferences: str
    sent_to: str
    comma: str = ", "


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
        comma="، ",
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
        comma="、",
    ),
}


def find_wording(language: str) -> Wording:
    """Return the theme's words in a language (BCP 47), or in English if it has no others."""
    return WORDINGS.get(language.partition("-")[0].lower(), WORDINGS["en"])
