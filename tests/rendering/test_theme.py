"""A theme is a folder, read once, that can reach nothing outside of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.errors import RenderingError
from mailer.rendering.theme import THEMES, load_theme

ISSUE = "<mjml><mj-body>{}</mj-body></mjml>"


def make_theme(folder: Path, body: str, name: str = "mine") -> Path:
    (folder / name).mkdir()
    (folder / name / "issue.mjml").write_text(ISSUE.format(body), encoding="utf-8")
    (folder / name / "inline.css").write_text("p { color: red }", encoding="utf-8")
    return folder


def test_it_is_loaded_once():
    assert load_theme() is load_theme("default")


def test_an_unknown_theme_is_refused_with_those_that_exist(tmp_path):
    make_theme(make_theme(tmp_path, "", "brick"), "", "slate")

    with pytest.raises(RenderingError, match="no theme 'granite': there are brick, slate"):
        load_theme("granite", folder=tmp_path)


@pytest.mark.parametrize(
    "name", ["../issues/default", "", ".", "default/blocks", str(THEMES / "default")]
)
def test_a_name_is_no_path(name):
    with pytest.raises(RenderingError, match="There is no theme"):
        load_theme(name)


def test_it_shows_what_the_view_holds_escaped(tmp_path):
    theme = load_theme("mine", folder=make_theme(tmp_path, "{{ a }}"))

    assert theme.render_mjml({"a": "<b>"}) == ISSUE.format("&lt;b&gt;")


@pytest.mark.parametrize("body", ["{{ titel }}", "{{ a.titel }}", "{{ a.b.c }}"])
def test_a_mistyped_name_is_told(tmp_path, body):
    theme = load_theme("mine", folder=make_theme(tmp_path, body))

    with pytest.raises(
        RenderingError, match=r"'mine' shows '(a\.)?(titel|b\.c)': there is no such"
    ):
        theme.render_mjml({"a": ""})


@pytest.mark.parametrize("body", ["{% nonsense %}", "{% if %}{% endif %}", "{% load static %}"])
def test_broken_template_language_is_told_when_it_is_loaded(tmp_path, body):
    with pytest.raises(RenderingError, match="'mine' can't be loaded"):
        load_theme("mine", folder=make_theme(tmp_path, body))


@pytest.mark.parametrize("path", ["nowhere.mjml", "../other.mjml", "/etc/passwd"])
def test_it_includes_only_what_is_its_own(tmp_path, path):
    (tmp_path / "other.mjml").write_text("secret")
    theme = load_theme("mine", folder=make_theme(tmp_path, "{% include path %}"))

    with pytest.raises(RenderingError, match="'mine' can't be rendered"):
        theme.render_mjml({"path": path})


def test_a_filter_with_a_mistyped_name_is_told(tmp_path):
    theme = load_theme("mine", folder=make_theme(tmp_path, "{{ a|default:titel }}"))

    with pytest.raises(RenderingError, match=r"'mine' can't be rendered: .*titel"):
        theme.render_mjml({"a": ""})


def test_a_theme_is_linted_when_it_is_loaded(tmp_path):
    with pytest.raises(RenderingError, match=r"issue\.mjml:1 a tag <mj-hero>"):
        load_theme("mine", folder=make_theme(tmp_path, "<mj-hero />"))
