"""Words that say nothing, by language: of links, and in the place of a picture."""

from __future__ import annotations

# A list of links read out alone, as screen readers do, must tell them apart (WCAG 2.2, 2.4.4).
VAGUE_LINKS: dict[str, frozenset[str]] = {
    "en": frozenset(
        {
            *("click here", "click", "here", "read more", "more", "learn more", "this", "link"),
            *("this link", "this page", "details", "more details", "more information", "info"),
            *("see more", "go", "continue", "download", "website", "read on", "find out more"),
        }
    ),
    "fr": frozenset(
        {
            *("ici", "cliquez ici", "cliquer ici", "lire la suite", "en savoir plus", "plus"),
            *("lien", "ce lien", "détails", "suite", "voir plus", "télécharger", "cette page"),
        }
    ),
    "es": frozenset(
        {
            *("aquí", "haga clic aquí", "haz clic aquí", "pulse aquí", "leer más", "más"),
            *("ver más", "enlace", "este enlace", "más información", "detalles", "descargar"),
        }
    ),
    "ru": frozenset(
        {
            *("здесь", "тут", "нажмите здесь", "подробнее", "далее", "читать далее", "ссылка"),
            *("по ссылке", "читать", "ещё", "скачать", "узнать больше"),
        }
    ),
    "ar": frozenset(
        {"هنا", "اضغط هنا", "انقر هنا", "المزيد", "اقرأ المزيد", "رابط", "التفاصيل", "تحميل"}
    ),
    "zh": frozenset(
        {"点击这里", "点此", "这里", "更多", "阅读更多", "详情", "链接", "下载", "点击"}
    ),
    "de": frozenset(
        {"hier", "hier klicken", "klicken sie hier", "mehr", "mehr lesen", "weiterlesen", "link"}
    ),
}

# What is written so that something stands there.
VAGUE_PICTURES: frozenset[str] = frozenset(
    {
        *("image", "picture", "photo", "photograph", "img", "pic", "logo", "banner", "graphic"),
        *("figure", "illustration", "screenshot", "untitled", "alt", "alt text", "placeholder"),
        *("imagen", "foto", "fotografía", "photographie", "изображение", "картинка", "фото"),
        *("фотография", "صورة", "图片", "照片", "图像", "bild", "portrait", "portrait photo"),
    }
)


def is_vague_link(text: str, language: str) -> bool:
    """Tell whether a link's text says nothing of where it leads; English is known everywhere."""
    words = text.casefold().strip(" .…»›>→!:\u200e\u200f")
    own = VAGUE_LINKS.get(language.partition("-")[0].lower(), frozenset())
    return words in own or words in VAGUE_LINKS["en"]


def is_vague_picture(text: str) -> bool:
    """Tell whether the words in a picture's place only say that there is one."""
    return text.casefold().strip(" .!:") in VAGUE_PICTURES
