"""Writing a theme's CSS into the elements, for mail programs that drop style sheets."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import Any

import cssutils
from premailer import Premailer

KEEP = 'data-premailer="ignore"'
_IMPORT = re.compile(r"@import[^;]*;?", re.IGNORECASE)


def _fetch_nothing(url: str) -> tuple[str, bytes]:  # noqa: ARG001 - the library's signature
    return "utf-8", b""


# The library's own parser fetches @import from anywhere, file:// included, even if told that
# the network is not allowed.
PARSER = cssutils.CSSParser(fetcher=_fetch_nothing, validate=False, loglevel=logging.CRITICAL)


@lru_cache(maxsize=32)
def _parse(css: str) -> Any:
    return PARSER.parseString(css, validate=False)


class Inliner(Premailer):  # type: ignore[misc]  # the library has no types
    """The library's inliner with a parser that fetches nothing and parses a theme once."""

    def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:  # noqa: ARG002
        return _parse(css_body)


def inline_css(html: str, css: str) -> str:
    """Return HTML with ``css`` written into its elements; its own style sheets stay as they are."""
    marked = html.replace("<style", f"<style {KEEP}")
    inliner = Inliner(
        marked,
        css_text=_IMPORT.sub("", css),
        keep_style_tags=False,
        strip_important=False,
        disable_validation=True,
        allow_network=False,
        align_floating_images=False,
        cssutils_logging_level=logging.CRITICAL,
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
    )
    return str(inliner.transform(pretty_print=False)).replace(f" {KEEP}", "").replace(KEEP, "")
