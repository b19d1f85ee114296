"""Typefaces and sizes by script: what readers have on their machines, for nothing is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.rendering.language import find_script


@dataclass(frozen=True, slots=True, kw_only=True)
class Typography:
    """One pair of typefaces as CSS stacks, and the size and line height of text in pixels.

    ``slanted`` says whether the script knows italics: elsewhere they are a distortion.
    """

    heading: str
    text: str
    size: int = 17
    line: int = 28
    slanted: bool = False


# Windows' own face stands first: its mail program reads the first name of a stack and,
# where that face is missing, may fall back to its default instead of the second.
_SANS = "'Segoe UI', -apple-system, BlinkMacSystemFont, Roboto, Helvetica, Arial, sans-serif"
EUROPEAN = Typography(heading="Georgia, 'Times New Roman', serif", text=_SANS, slanted=True)
BY_SCRIPT = {
    "Arab": Typography(
        heading="'Times New Roman', 'Geeza Pro', 'Noto Naskh Arabic', serif",
        text="'Segoe UI', 'Geeza Pro', 'Noto Sans Arabic', Tahoma, Arial, sans-serif",
        size=18,
        line=32,
    ),
    "Hebr": Typography(
        heading="'Times New Roman', 'New Peninim MT', 'Noto Serif Hebrew', serif",
        text="'Segoe UI', 'Arial Hebrew', 'Noto Sans Hebrew', Arial, sans-serif",
    ),
    "Hans": Typography(
        heading="Georgia, 'Songti SC', 'Noto Serif CJK SC', SimSun, serif",
        text="'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif",
        line=30,
    ),
    "Hant": Typography(
        heading="Georgia, 'Songti TC', 'Noto Serif CJK TC', PMingLiU, serif",
        text="'Segoe UI', 'PingFang TC', 'Microsoft JhengHei', 'Noto Sans CJK TC', sans-serif",
        line=30,
    ),
    "Jpan": Typography(
        heading="Georgia, 'Hiragino Mincho ProN', 'Yu Mincho', 'Noto Serif CJK JP', serif",
        text="'Segoe UI', 'Hiragino Sans', 'Yu Gothic', 'Noto Sans CJK JP', sans-serif",
        line=30,
    ),
    "Kore": Typography(
        heading="Georgia, AppleMyungjo, Batang, 'Noto Serif CJK KR', serif",
        text="'Segoe UI', 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans CJK KR', sans-serif",
        line=30,
    ),
    "Deva": Typography(
        heading="Georgia, 'Kohinoor Devanagari', 'Nirmala UI', 'Noto Serif Devanagari', serif",
        text="'Nirmala UI', 'Kohinoor Devanagari', 'Noto Sans Devanagari', Arial, sans-serif",
        line=30,
    ),
    "Thai": Typography(
        heading="Georgia, Thonburi, 'Leelawadee UI', 'Noto Serif Thai', serif",
        text="'Leelawadee UI', Thonburi, 'Noto Sans Thai', Tahoma, sans-serif",
        line=30,
    ),
}


def find_typography(language: str) -> Typography:
    """Return the typefaces and sizes for the script of a language."""
    return BY_SCRIPT.get(find_script(language), EUROPEAN)
