"""Writing a theme's CSS into the elements, for mail programs that drop style sheets."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import Any

import cssutils
from premailer import Premailer

_KEEP = ' data-premailer="ignore"'
_STYLE = re.compile(r"<style(?=[\s>])")
_KEPT_STYLE = re.compile(f"<style{_KEEP}")
_IMPORT = re.compile(r"@import[^;]*;?", re.IGNORECASE)


def _fetch_nothing(url: str) -> tuple[str, bytes]:  # noqa: ARG001 - the library's signature
    return "utf-8", b""


# The library's own parser fetches @import from anywhere, file:// included, even if told that
# the network is not allowed.
PARSER = cssutils.CSSParser(fetcher=_fetch_nothing, validate=False, loglevel=logging.CRITICAL)


class Inliner(Premailer):  # type: ignore[misc]  # the library has no types
    """The library's inliner with a parser that fetches nothing and reads a theme's rules once."""

    def __init__(self, html: str, css: str) -> None:
        super().__init__(
            html,
            css_text=css,
            keep_style_tags=False,
            strip_important=False,
            disable_validation=True,
            allow_network=False,
            align_floating_images=False,
            cssutils_logging_level=logging.CRITICAL,
            disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        )

    def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:  # noqa: ARG002 - the library's signature
        return PARSER.parseString(css_body, validate=False)

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> Any:  # noqa: ARG002 - there is one set alone
        return _parse_rules(css_body)


@lru_cache(maxsize=32)  # a style sheet for each theme, script and direction
def _parse_rules(css: str) -> Any:
    return super(Inliner, Inliner("", css))._parse_style_rules(css, 0)


def inline_css(html: str, css: str) -> str:
    """Return HTML with ``css`` written into its elements; its own style sheets stay as they are."""
    inliner = Inliner(_STYLE.sub(f"<style{_KEEP}", html), _IMPORT.sub("", css))
    # The library takes the marks away itself, save those in Outlook's comments.
    return _KEPT_STYLE.sub("<style", str(inliner.transform(pretty_print=False)))
