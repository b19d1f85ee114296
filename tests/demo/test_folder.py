from __future__ import annotations

import pytest

from mailer.demo.folder import MARK, own_folder
from mailer.errors import InvalidSetting


def test_it_makes_a_folder_that_only_its_owner_may_enter(tmp_path):
    with own_folder(tmp_path / "demo") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700


def test_it_empties_what_an_earlier_demo_left(tmp_path):
    with own_folder(tmp_path / "demo") as folder:
        (folder / "demo.sqlite3").write_text("old")

    with own_folder(tmp_path / "demo") as folder:
        assert [each.name for each in folder.iterdir()] == [MARK]


def test_it_touches_nothing_that_no_demo_made(tmp_path):
    precious = tmp_path / "demo" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("years of work")

    with (
        pytest.raises(InvalidSetting, match="no demo made"),
        own_folder(tmp_path / "demo"),
    ):
        pass

    assert precious.read_text() == "years of work"


def test_it_follows_no_link_out_of_its_place(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / MARK).touch()
    (tmp_path / "demo").symlink_to(elsewhere)

    with pytest.raises(InvalidSetting, match="is a link"), own_folder(tmp_path / "demo"):
        pass

    assert (elsewhere / MARK).exists()


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path):
    with (
        own_folder(tmp_path / "demo"),
        pytest.raises(InvalidSetting, match="Another demo runs"),
        own_folder(tmp_path / "demo"),
    ):
        pass
