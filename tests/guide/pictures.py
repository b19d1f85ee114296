"""The pictures of the guide: which page, how wide, in the light or in the dark."""

from __future__ import annotations

from dataclasses import dataclass

from tests.guide.scene import Scene

DESK, WIDE, TELEPHONE = 1200, 1440, 390
TEXT = '#outline [data-kind="prose"] a >> nth=0'
OWN = "/desk/tidewater"
ISSUE = f"{OWN}/issues/7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: the page is looked at as wide as it says; ``author`` says by whom.

    ``press`` is the selector of what is clicked first.
    """

    name: str
    path: str
    width: int = DESK
    dark: bool = False
    author: bool = False
    press: str = ""


def list_pictures(scene: Scene) -> list[Picture]:
    """Return all pictures but that of the first start, which is taken before anybody is there."""
    people, mailing = f"{OWN}/people", f"{OWN}/mailings"
    edit = f"{ISSUE}/editions/en/edit/"
    return [
        Picture(name="today", path=f"{OWN}/"),
        Picture(name="today-telephone", path=f"{OWN}/", width=TELEPHONE, dark=True),
        Picture(name="issue", path=f"{ISSUE}/"),
        Picture(name="write", path=edit, width=WIDE, press=TEXT),
        Picture(name="write-dark", path=edit, width=WIDE, dark=True, press=TEXT),
        Picture(name="write-telephone", path=edit, width=TELEPHONE),
        Picture(name="write-arabic", path=f"{ISSUE}/editions/ar/edit/", width=WIDE, press=TEXT),
        Picture(name="languages", path=f"{ISSUE}/languages/"),
        Picture(name="preview", path=f"{ISSUE}/editions/en/?view=phone"),
        Picture(name="checks", path=f"{ISSUE}/checks/"),
        Picture(name="sign-off", path=f"{ISSUE}/sign-off/"),
        Picture(
            name="sign-off-telephone",
            path=f"{ISSUE}/sign-off/",
            width=TELEPHONE,
            dark=True,
            author=True,
        ),
        Picture(name="review", path=f"{ISSUE}/editions/en/review/"),
        Picture(name="try", path=f"{ISSUE}/try/"),
        Picture(name="plan", path=f"{mailing}/{scene.draft}/plan/"),
        Picture(name="check", path=f"{mailing}/{scene.draft}/check/"),
        Picture(name="calendar", path=f"{OWN}/calendar/"),
        Picture(name="sending", path=f"{mailing}/{scene.going}/"),
        Picture(name="sending-telephone", path=f"{mailing}/{scene.going}/", width=TELEPHONE),
        Picture(name="report", path=f"{mailing}/{scene.sent}/report/"),
        Picture(name="readers", path=f"{people}/"),
        Picture(name="reader", path=f"{people}/readers/{scene.complainant}/"),
        Picture(name="list", path=f"{people}/lists/of/readers/"),
        Picture(name="segment", path=f"{people}/segments/{scene.segment}/change/"),
        Picture(name="import", path=f"{people}/imports/{scene.kept}/"),
        Picture(name="suppressions", path=f"{people}/suppressions/"),
        Picture(name="team", path=f"{OWN}/settings/team/"),
        Picture(name="settings", path=f"{OWN}/settings/"),
    ]
