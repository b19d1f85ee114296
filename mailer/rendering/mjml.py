"""MJML to HTML, around a compiler whose traps are known."""

from __future__ import annotations

import re

import mjml as compiler

from mailer.errors import RenderingError

# The compiler writes attribute values in its own language's debug notation: a line break, a
# quotation mark, a backslash or a mark such as ZWNJ comes out as an escape that no mail
# program reads, and a quotation mark ends the attribute. Numeric character references pass.
_ATTRIBUTE = re.compile(r'([\w:-]+)="([^"]*)"')
_TAG = re.compile(r"<[A-Za-z][^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>")
_BREAKS = re.compile(r"[ \t\r\n]+")
_UNSAFE = re.compile(r"[^ -~]|\\")


def compile_mjml(mjml: str) -> str:
    """Return MJML as HTML, without fonts or icons from other hosts. Raises RenderingError."""
    try:
        html = compiler.mjml2html(protect_attributes(mjml), fonts={}, social_icon_origin="")
    except ValueError as error:
        raise RenderingError(f"The theme made MJML that can't be compiled: {error}.") from error
    # The inliner drops a lower-case doctype, and without one mail programs guess.
    return re.sub(r"^<!doctype html>", "<!DOCTYPE html>", str(html))


def protect_attributes(mjml: str) -> str:
    """Return MJML whose attribute values hold printable ASCII alone, on one line."""
    return _TAG.sub(lambda tag: _ATTRIBUTE.sub(_protect, tag[0]), mjml)


def _protect(match: re.Match[str]) -> str:
    value = _BREAKS.sub(" ", match[2]).strip(" ")
    return f'{match[1]}="{_UNSAFE.sub(lambda char: f"&#{ord(char[0])};", value)}"'
