"""A link opens a page or a letter, or it is refused."""

from __future__ import annotations

import pytest

from mailer.errors import RenderingError
from mailer.rendering.links import check_link, is_safe, link_mailbox

UNSAFE = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "//evil.example/",
    "/path",
    "page.html",
    "https:",
    "https:///path",
    "http://[broken",
    "",
]


@pytest.mark.parametrize("url", UNSAFE)
def test_it_refuses_what_is_no_page_and_no_letter(url):
    assert not is_safe(url)
    with pytest.raises(RenderingError, match="of the colophon is none of: http, https, mailto"):
        check_link(url, where="the colophon")


@pytest.mark.parametrize(
    "url",
    ["https://a.example/?q=1&r=2#s", "HTTP://a.example", "mailto:a@b.example", "http://例え.jp/"],
)
def test_it_gives_a_safe_link_back_as_it_is(url):
    assert check_link(url, where="the colophon") == url


def test_a_mailbox_can_not_add_readers():
    assert link_mailbox("a+b@c.example") == "mailto:a+b@c.example"
    assert link_mailbox("a@b.example?bcc=x@y.example") == "mailto:a@b.example%3Fbcc%3Dx@y.example"
