"""Each reader gets the variant for exactly their segments, and nobody sees another's."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from mailer.content.parse import parse_issue
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.errors import InvalidIssue, RenderingError
from mailer.models import Delivery, FrozenEdition
from subscribers.models import Segment
from tests.fakes.transports import ScriptedTransport
from tests.fakes.world import ISSUE_FILE, NOW, join

FOR_MEMBERS = """
## For the crew {only: "Crew"}

The anchor is weighed at six.

:::only "Oslo"

Meet us in Oslo.
"""


def take_in(edition, text: str, language: str = "en"):
    source = ISSUE_FILE.format(number=7, language=language, subject="Spring") + text
    document = parse_issue(source, file="issue.md", load_picture=None)
    return store_issue(document, publication=edition.issue.publication, now=NOW)


@pytest.fixture
def segments(edition) -> dict[str, Segment]:
    """Give two segments by name and by language, and an issue with parts for each."""
    take_in(edition, FOR_MEMBERS)
    rules = {
        "Crew": {"field": "name", "operator": "equals", "value": "Sailor"},
        "Oslo": {"field": "language", "operator": "equals", "value": "nb"},
    }
    return {name: Segment.objects.create(name=name, rule=rule) for name, rule in rules.items()}


def test_every_combination_is_frozen_once_nobodys_first(segments, start):
    mailing = start()

    frozen = freeze_mailing(mailing, now=NOW)

    crew, oslo = segments["Crew"].pk, segments["Oslo"].pk
    assert [each.variant for each in frozen] == ["", f"{crew}", f"{oslo}", f"{crew},{oslo}"]
    assert freeze_mailing(mailing, now=NOW) == frozen
    assert [("anchor is" in each.text, "Oslo." in each.text) for each in frozen] == [
        (False, False),
        (True, False),
        (False, False),
        (True, True),
    ]


def test_each_reader_gets_the_variant_for_their_segments(segments, readers, start, plan, send):
    join("sailor@people.example", readers, name="Sailor")
    join("both@people.example", readers, name="Sailor", language="nb")
    mailing = plan(start())
    transport = ScriptedTransport()
    send(transport)

    sent = {message.recipient: message.whole() for message in transport.sent}
    seen = {address for address, content in sent.items() if b"weighed at six" in content}
    assert seen == {"sailor@people.example", "both@people.example"}
    assert [address for address, content in sent.items() if b"Meet us in Oslo" in content] == [
        "both@people.example"
    ]
    assert len(sent) == Delivery.objects.filter(mailing=mailing).count() == 22


def test_an_edition_that_names_fewer_segments_has_fewer_variants(segments, readers, start, plan):
    edition = start().issue.editions.get()
    take_in(edition, "", language="nb")
    join("both@people.example", readers, name="Sailor", language="nb")
    mailing = plan(start())

    assert mailing.frozen_editions.filter(language="nb").count() == 1
    chosen = Delivery.objects.get(mailing=mailing, email="both@people.example").frozen_edition
    assert (chosen.language, chosen.variant) == ("nb", "")


def test_an_unknown_segment_is_refused_when_the_mailing_is_scheduled(edition, readers):
    take_in(edition, FOR_MEMBERS)
    mailing = create_mailing(edition.issue, lists=[readers], now=NOW)

    with pytest.raises(InvalidIssue) as refusal:
        schedule_mailing(mailing, at=NOW)

    first, second = refusal.value.problems
    assert first.what == "there is no segment 'Crew'"
    assert (first.line or 0) > 10
    assert "Make it in the admin" in first.remedy
    assert second.what == "there is no segment 'Oslo'"


def test_an_issue_with_nothing_for_everybody_is_refused(edition, readers, segments):
    source = ISSUE_FILE.format(number=7, language="en", subject="Spring")
    document = parse_issue(
        source.replace("# News", '# News {only: "Crew"}', 1), file="x", load_picture=None
    )
    store_issue(document, publication=edition.issue.publication, now=NOW)
    mailing = create_mailing(edition.issue, lists=[readers], now=NOW)

    with pytest.raises(RenderingError, match="empty for people in no segment"):
        schedule_mailing(mailing, at=NOW)


def test_the_archive_shows_no_part_that_is_for_some_only(segments, start, plan, client):
    plan(start())

    page = client.get("/archive/harbour/7/en/").content.decode()

    assert "The lighthouse is lit again" in page
    assert "weighed at six" not in page
    assert FrozenEdition.objects.count() == 4


@pytest.mark.parametrize(("chosen", "shown"), [((), False), (("Crew",), True)])
def test_render_shows_what_the_named_segments_see(tmp_path, chosen, shown):
    text = ISSUE_FILE.format(number=7, language="en", subject="Spring") + FOR_MEMBERS
    (tmp_path / "issue.md").write_text(text)
    flags = [f"--segment={name}" for name in chosen]

    call_command("render", tmp_path / "issue.md", "--out", tmp_path, *flags, stdout=io.StringIO())

    assert ("weighed at six" in (tmp_path / "issue.txt").read_text()) is shown


def test_render_refuses_a_segment_that_the_file_does_not_name(tmp_path):
    text = ISSUE_FILE.format(number=7, language="en", subject="Spring") + FOR_MEMBERS
    (tmp_path / "issue.md").write_text(text)

    with pytest.raises(CommandError, match="no segment 'Choir'; it names Crew, Oslo"):
        call_command("render", tmp_path / "issue.md", "--out", tmp_path, "--segment", "Choir")
