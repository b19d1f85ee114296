"""The public pages' words, by language.

A table, since compiling catalogues needs gettext, which a bare machine does not have.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the pages say in one language. ``{list}`` and ``{email}`` are filled in."""

    language: str
    direction: str
    unsubscribe_title: str
    unsubscribe_question: str
    unsubscribe_button: str
    left_title: str
    left_text: str
    undo_button: str
    rejoined_title: str
    rejoined_text: str
    preferences_title: str
    lists: str
    name: str
    save: str
    saved: str
    invalid_title: str
    invalid_text: str


WORDS: dict[str, Words] = {
    "en": Words(
        language="en",
        direction="ltr",
        unsubscribe_title="Leave this list?",
        unsubscribe_question="{email} will get no more issues of {list}.",
        unsubscribe_button="Unsubscribe",
        left_title="You have left the list",
        left_text="{email} will get no more issues of {list}.",
        undo_button="That was a mistake: subscribe me again",
        rejoined_title="Welcome back",
        rejoined_text="{email} is on {list} again.",
        preferences_title="Your preferences",
        lists="What you get",
        name="Your name",
        save="Save",
        saved="Your choices are saved.",
        invalid_title="This link does not work",
        invalid_text="It may have been cut short. Please use the link in your latest issue.",
    ),
    "fr": Words(
        language="fr",
        direction="ltr",
        unsubscribe_title="Quitter cette liste ?",
        unsubscribe_question="{email} ne recevra plus de numéros de {list}.",
        unsubscribe_button="Se désabonner",
        left_title="Vous avez quitté la liste",
        left_text="{email} ne recevra plus de numéros de {list}.",
        undo_button="C’était une erreur : réabonnez-moi",
        rejoined_title="Heureux de vous revoir",
        rejoined_text="{email} est de nouveau sur {list}.",
        preferences_title="Vos préférences",
        lists="Ce que vous recevez",
        name="Votre nom",
        save="Enregistrer",
        saved="Vos choix sont enregistrés.",
        invalid_title="Ce lien ne fonctionne pas",
        invalid_text="Il a peut-être été coupé. Utilisez le lien de votre dernier numéro.",
    ),
    "es": Words(
        language="es",
        direction="ltr",
        unsubscribe_title="¿Dejar esta lista?",
        unsubscribe_question="{email} no recibirá más números de {list}.",
        unsubscribe_button="Darse de baja",
        left_title="Ha dejado la lista",
        left_text="{email} no recibirá más números de {list}.",
        undo_button="Fue un error: suscríbame de nuevo",
        rejoined_title="Bienvenido de nuevo",
        rejoined_text="{email} vuelve a estar en {list}.",
        preferences_title="Sus preferencias",
        lists="Lo que recibe",
        name="Su nombre",
        save="Guardar",
        saved="Sus preferencias se han guardado.",
        invalid_title="Este enlace no funciona",
        invalid_text="Puede que esté incompleto. Use el enlace de su último número.",
    ),
    "ru": Words(
        language="ru",
        direction="ltr",
        unsubscribe_title="Отписаться от рассылки?",
        unsubscribe_question="На адрес {email} больше не будут приходить выпуски «{list}».",
        unsubscribe_button="Отписаться",
        left_title="Вы отписались",
        left_text="На адрес {email} больше не будут приходить выпуски «{list}».",
        undo_button="Это ошибка: подпишите меня снова",
        rejoined_title="С возвращением",
        rejoined_text="Адрес {email} снова подписан на «{list}».",
        preferences_title="Ваши настройки",
        lists="Что вы получаете",
        name="Ваше имя",
        save="Сохранить",
        saved="Настройки сохранены.",
        invalid_title="Эта ссылка не работает",
        invalid_text="Возможно, она обрезана. Откройте ссылку из последнего выпуска.",
    ),
    "ar": Words(
        language="ar",
        direction="rtl",
        unsubscribe_title="هل تريد مغادرة هذه القائمة؟",
        unsubscribe_question="لن تصل أعداد {list} بعد الآن إلى {email}.",
        unsubscribe_button="إلغاء الاشتراك",
        left_title="لقد غادرت القائمة",
        left_text="لن تصل أعداد {list} بعد الآن إلى {email}.",
        undo_button="كان ذلك خطأ: أعد اشتراكي",
        rejoined_title="أهلًا بعودتك",
        rejoined_text="عاد {email} إلى {list}.",
        preferences_title="تفضيلاتك",
        lists="ما يصلك",
        name="اسمك",
        save="حفظ",
        saved="حُفظت اختياراتك.",
        invalid_title="هذا الرابط لا يعمل",
        invalid_text="ربما اقتُطع جزء منه. استخدم الرابط الموجود في آخر عدد وصلك.",
    ),
    "zh": Words(
        language="zh-Hans",
        direction="ltr",
        unsubscribe_title="要退订此列表吗？",
        unsubscribe_question="{email} 将不再收到《{list}》。",
        unsubscribe_button="退订",
        left_title="您已退订",
        left_text="{email} 将不再收到《{list}》。",
        undo_button="这是误操作：请重新订阅",
        rejoined_title="欢迎回来",
        rejoined_text="{email} 已重新订阅《{list}》。",
        preferences_title="您的偏好设置",
        lists="您接收的内容",
        name="您的姓名",
        save="保存",
        saved="您的选择已保存。",
        invalid_title="此链接无效",
        invalid_text="链接可能不完整。请使用最新一期邮件中的链接。",
    ),
}


def find_words(language: str) -> Words:
    """Return the pages' words in a language, or in English."""
    return WORDS.get(language.partition("-")[0].lower(), WORDS["en"])
