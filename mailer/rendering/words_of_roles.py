"""What the colophon calls those who signed an issue, by language."""

from __future__ import annotations

ROLES: dict[str, dict[str, str]] = {
    "en": {
        "author": "Author",
        "editor": "Editor",
        "language": "Language Editor",
        "responsible": "Responsible Editor",
    },
    "fr": {
        "author": "Rédaction",
        "editor": "Édition",
        "language": "Révision linguistique",
        "responsible": "Responsable de la publication",
    },
    "es": {
        "author": "Redacción",
        "editor": "Edición",
        "language": "Revisión lingüística",
        "responsible": "Responsable de la publicación",
    },
    "ru": {
        "author": "Автор",
        "editor": "Редактор",
        "language": "Литературный редактор",
        "responsible": "Ответственный редактор",
    },
    "ar": {
        "author": "الكاتب",
        "editor": "المحرر",
        "language": "المراجع اللغوي",
        "responsible": "المحرر المسؤول",
    },
    "zh": {
        "author": "作者",
        "editor": "编辑",
        "language": "语言编辑",
        "responsible": "责任编辑",
    },
}


def name_role(role: str, language: str) -> str:
    """Return what a role is called in a language, or in English if it has no word of ours."""
    return ROLES.get(language.partition("-")[0].lower(), ROLES["en"])[role]
