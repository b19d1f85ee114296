"""The inliner writes CSS into elements, keeps what must stay, and asks nobody for anything."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.rendering.inline import inline_css

KEPT = "@media (prefers-color-scheme: dark) { p { color: #fff !important } }"
PAGE = (
    "<!DOCTYPE html>\n<html><head>"
    f'<style type="text/css">{KEPT}</style><style media="screen">.x > p {{ margin: 0 }}</style>'
    '<!--[if lte mso 11]>\n<style type="text/css">\n'
    ".y { width:100% !important; }\n</style>\n<![endif]-->"
    "</head><body><!--[if mso | IE]><table  align=center><tr><td width='600px'><![endif]-->"
    '<p class="z">text</p><!--[if mso | IE]></td></tr></table><![endif]--></body></html>'
)
COMMENT = re.compile(r"<!--\[if.*?<!\[endif\]-->", re.DOTALL)


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    requests: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    listening = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", requests
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_it_writes_rules_into_elements():
    assert '<p class="z" style="color:red">' in inline_css(PAGE, ".z { color: red }")


def test_the_doctype_is_kept():
    assert inline_css(PAGE, "").startswith("<!DOCTYPE html>")


def test_style_sheets_stay_as_they_are():
    html = inline_css(PAGE, "p { color: red }")

    assert KEPT in html
    assert ".x > p { margin: 0 }" in html


def test_none_of_its_marks_are_left_not_even_in_comments():
    assert "data-premailer" not in inline_css(PAGE, "p { color: red }")


def test_text_that_looks_like_its_mark_is_kept():
    html = PAGE.replace("text</p>", 'write data-premailer="ignore" here</p>')

    assert 'write data-premailer="ignore" here' in inline_css(html, "")


def test_comments_for_outlook_come_through_byte_by_byte():
    assert COMMENT.findall(inline_css(PAGE, "p, td { color: red }")) == COMMENT.findall(PAGE)


def test_a_slot_in_a_link_is_untouched():
    html = inline_css('<a href="MHSLOT.web_url.TOLSHM">x</a>', "a { color: red }")

    assert 'href="MHSLOT.web_url.TOLSHM"' in html


def test_widths_and_alignments_are_not_doubled_as_attributes():
    html = inline_css("<p>x</p>", "p { width: 10px; text-align: right; background-color: red }")

    assert 'style="width:10px; text-align:right; background-color:red"' in html
    assert "bgcolor" not in html


@pytest.mark.parametrize(
    "rule", ['@import url("{0}")', "@import '{0}'", "@IMPORT url({0}) screen", "@\\69mport '{0}'"]
)
def test_an_import_is_not_fetched(rule, server):
    url, requests = server

    html = inline_css("<p>x</p>", rule.format(f"{url}/a.css") + "; p { color: red }")

    assert requests == []
    assert "<p>" in html or "color:red" in html


@pytest.mark.parametrize("where", ["style", "link"])
def test_a_page_that_asks_for_a_style_sheet_is_not_heeded(where, server):
    url, requests = server
    tag = (
        f'<link rel="stylesheet" href="{url}/b.css">'
        if where == "link"
        else f"<style>@import '{url}/c.css';</style>"
    )

    inline_css(PAGE.replace("</head>", f"{tag}</head>"), "p { color: red }")

    assert requests == []


def test_no_file_is_opened(tmp_path: Path):
    sheet = tmp_path / "secret.css"
    sheet.write_text("p { color: #123456 }")

    html = inline_css("<p>x</p>", f"@import url({sheet.as_uri()}); p {{ margin: 0 }}")

    assert "#123456" not in html
