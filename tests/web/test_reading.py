"""Sent issues as pages, feeds and print: what was sent, in full, and never what is private."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from PIL import ImageFile

from mailer.content.read import read_issue
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing, start_due_mailings
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.dispatch.planning.following import follow
from mailer.models import Edition, Following, FrozenEdition, Mailing, MailingState, Publication
from mailer.web.reading import feeds, finding, printing
from mailer.web.reading.finding import find_document
from mailer.web.reading.printing import draw, write_page
from subscribers.models import List, Segment
from tests.conftest import ROOT
from tests.fakes.world import NOW, join, make_edition

ISSUE = "/archive/harbour/7/"
ARTICLE = f"{ISSUE}en/the-lamp-at-ellery-point-burns-again/"
EVERYTHING = [
    ISSUE,
    f"{ISSUE}en/",
    ARTICLE,
    f"{ISSUE}en/print.pdf",
]
ATOM = "{http://www.w3.org/2005/Atom}"


def send(edition: Edition, *lists: List, begin=None) -> Mailing:
    mailing = begin or create_mailing(edition.issue, lists=lists, now=NOW)
    schedule_mailing(mailing, at=NOW)
    start_due_mailings(now=NOW)
    mailing.refresh_from_db()
    freeze_mailing(mailing, now=NOW)
    return mailing


@pytest.fixture
def sample(edition, readers) -> Mailing:
    """Send the sample issue, which has every kind of block, to the public list."""
    document = read_issue(ROOT / "mailer/demo/issues/sample.en.md")
    return send(store_issue(document, publication=Publication.objects.get(), now=NOW), readers)


def read_data(page: str) -> dict:
    [text] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


def test_an_issue_has_a_page_with_its_articles(client, sample):
    page = client.get(ISSUE).content.decode()

    assert f'href="{ARTICLE}"' in page
    assert "PDF for print" in page
    data = read_data(page)
    assert (data["@type"], data["issueNumber"]) == ("PublicationIssue", "7")
    assert {each["@type"] for each in data["hasPart"]} == {"Article"}


def test_an_article_stands_on_a_page_of_its_own(client, sample):
    page = client.get(ARTICLE).content.decode()

    assert "<h1>The lamp at Ellery Point burns again</h1>" in page
    assert 'src="/pictures/' in page
    assert "Terraced fields" not in page
    assert 'rel="next"' in page
    data = read_data(page)
    assert data["headline"] == "The lamp at Ellery Point burns again"
    assert data["isPartOf"]["isPartOf"]["name"] == "The Harbour Letter"
    assert data["image"][0].startswith("http")


def test_every_article_of_the_sample_can_be_read(client, sample):
    for anchor, title in FrozenEdition.objects.get().contents:
        page = client.get(f"{ISSUE}en/{anchor}/")

        assert page.status_code == 200
        assert title in page.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        f"{ISSUE}en/gone/",
        f"{ISSUE}fr/x/",
        "/archive/harbour/8/",
        "/archive/x/7/",
        f"/archive/harbour/{10**30}/",
    ],
)
def test_what_was_not_sent_is_not_there(client, sample, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", EVERYTHING)
def test_an_issue_for_private_lists_never_appears(client, sample, path):
    List.objects.update(public=False)

    assert client.get(path).status_code == 404
    for feed in ("/archive/harbour/feed.atom", "/archive/harbour/feed.json", "/sitemap.xml"):
        text = client.get(feed).content.decode()
        assert "Ellery" not in text
        assert "ellery" not in text
        assert "/7/" not in text


@pytest.mark.parametrize("path", EVERYTHING)
def test_an_issue_that_is_only_scheduled_is_not_there(client, sample, path):
    Mailing.objects.update(state=MailingState.SCHEDULED)

    assert client.get(path).status_code == 404


def test_what_is_for_a_segment_alone_is_on_no_page(client, edition, readers):
    Segment.objects.create(
        name="Members", rule={"field": "email", "operator": "equals", "value": "a@b.example"}
    )
    Edition.objects.update(
        source=edition.source + '\n## For members {only: "Members"}\n\nThe secret.\n'
    )
    send(edition, readers)

    assert client.get(f"{ISSUE}en/for-members/").status_code == 404
    assert "For members" not in client.get(ISSUE).content.decode()
    assert not [each.pk for each in FrozenEdition.objects.all() if "secret" in each.source]


def test_what_is_changed_later_changes_nothing_here(client, sample):
    Edition.objects.update(source="---\n", subject="Another")

    assert client.get(ARTICLE).status_code == 200
    assert "Another" not in client.get(ISSUE).content.decode()


def test_a_correction_takes_the_place_of_the_fault(client, published, edition, readers):
    Mailing.objects.update(state=MailingState.SENT)
    published.refresh_from_db()
    published.deliveries.create(list=readers, subscriber=_join(readers), state="accepted")
    corrected = make_edition(edition.issue.publication, subject="Spring, corrected")

    send(corrected, begin=follow(published, Following.ACCEPTED, now=NOW))

    assert "Spring, corrected" in client.get(ISSUE).content.decode()
    assert "Spring, corrected" in client.get(f"{ISSUE}en/").content.decode()
    assert "Spring, corrected" in client.get("/archive/harbour/").content.decode()


def _join(readers):
    return join("ada@people.example", readers).subscriber


def test_a_second_mailing_that_corrects_nothing_changes_nothing(client, published, readers):
    make_edition(Publication.objects.get(), subject="Sent again, changed")
    send(Edition.objects.get(), readers)

    assert "Sent again" not in client.get(ISSUE).content.decode()


def test_one_frozen_before_texts_were_kept_has_its_web_version_alone(client, sample):
    FrozenEdition.objects.update(source="", contents=[], subject="", preheader="")

    page = client.get(ISSUE).content.decode()

    assert f'href="{ISSUE}en/"' in page
    assert "PDF" not in page
    assert client.get(ARTICLE).status_code == 404
    assert client.get("/archive/harbour/feed.atom").status_code == 200


def test_script_in_a_title_or_a_name_stays_text(client, edition, readers):
    bad = "</script><script>alert(1)</script>"
    escaped = bad.replace("<", "\\<").replace(">", "\\>")
    Publication.objects.update(name=f"Bad {bad}")
    source = edition.source.replace("# News", f"# News\n\n## Bad {escaped}\n\nWords.")
    Edition.objects.update(source=source)
    send(edition, readers)
    anchors = [anchor for anchor, _ in FrozenEdition.objects.get().contents]

    for path in (ISSUE, *(f"{ISSUE}en/{anchor}/" for anchor in anchors)):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert read_data(page)


def test_jumps_between_articles_lead_to_their_pages(client, edition, readers):
    more = (
        "\nSee [the other](#the-other), [this](#the-lighthouse-is-lit-again) and [all](#news).\n"
        "\n## The other\n\nWords.\n"
    )
    Edition.objects.update(source=edition.source + more)
    send(edition, readers)

    page = client.get(f"{ISSUE}en/the-lighthouse-is-lit-again/").content.decode()

    assert f'href="{ISSUE}en/the-other/"' in page
    assert 'href="#content"' in page
    assert f'href="{ISSUE}en/#news"' in page


def test_atom_has_the_editions_with_their_articles(client, sample):
    answer = client.get("/archive/harbour/feed.atom")

    feed = ET.fromstring(answer.content)
    [entry] = feed.findall(f"{ATOM}entry")
    assert answer["Content-Type"] == "application/atom+xml"
    assert entry.find(f"{ATOM}title").text.startswith("The Tidewater Letter No. 7")
    assert entry.find(f"{ATOM}id").text.endswith("/archive/harbour/7/en/")
    assert ARTICLE in entry.find(f"{ATOM}summary").text


def test_the_json_feed_says_the_same_and_one_language_can_be_chosen(client, sample):
    feed = client.get("/archive/harbour/feed.json").json()
    none = client.get("/archive/harbour/feed.json", {"language": "fr\0"}).json()

    assert feed["version"].endswith("1.1")
    [item] = feed["items"]
    assert item["language"] == "en"
    assert ARTICLE in item["content_html"]
    assert none["items"] == []


def test_feeds_and_map_know_no_host_but_ours(client, sample, settings):
    settings.ALLOWED_HOSTS = ["*"]

    for path in ("/archive/harbour/feed.atom", "/archive/harbour/feed.json", "/sitemap.xml"):
        assert "evil" not in client.get(path, headers={"host": "evil.example"}).content.decode()


def test_the_map_names_all_that_can_be_read(client, sample, monkeypatch):
    text = client.get("/sitemap.xml").content.decode()

    for path in (ISSUE, f"{ISSUE}en/", ARTICLE, "/archive/harbour/"):
        assert f"{path}</loc>" in text
    monkeypatch.setattr(feeds, "MOST_PLACES", 2)
    assert client.get("/sitemap.xml").content.decode().count("<loc>") == 2


def test_robots_are_told_where_the_map_is(client, db):
    text = client.get("/robots.txt").content.decode()

    assert "/sitemap.xml" in text
    assert "Disallow: /desk/" in text


def test_pages_take_few_queries_however_much_there_is(
    client, sample, readers, django_assert_max_num_queries
):
    publication = Publication.objects.get()
    for number in range(8, 14):
        send(make_edition(publication, number=number), readers)

    for path in (ISSUE, ARTICLE, "/archive/harbour/feed.atom", "/sitemap.xml"):
        with django_assert_max_num_queries(4):
            client.get(path)


@pytest.fixture(autouse=True)
def quiet() -> None:
    cache.delete(printing.BUSY)
    for name in default_storage.listdir("print")[1] if default_storage.exists("print") else ():
        default_storage.delete(f"print/{name}")
    finding._read.cache_clear()  # numbers and texts come again from test to test


def test_a_pdf_has_contents_that_name_the_pages_and_is_drawn_once(client, sample, monkeypatch):
    printed = client.get(f"{ISSUE}en/print.pdf")
    octets = b"".join(printed.streaming_content)
    monkeypatch.setattr(printing, "draw", lambda *_: pytest.fail("it was drawn again"))
    again = b"".join(client.get(f"{ISSUE}en/print.pdf").streaming_content)

    assert octets.startswith(b"%PDF-1.7")
    assert octets == again
    assert printed["Content-Type"] == "application/pdf"


def test_contents_name_the_pages_on_which_articles_begin(sample):
    entry, document = find_document("harbour", 7, "en")
    printer = printing.load_printer()

    page = printer.HTML(
        string=write_page(entry, document), url_fetcher=printing.make_fetcher(printer)
    ).render()

    places = {
        anchor: number for number, each in enumerate(page.pages, start=1) for anchor in each.anchors
    }
    assert len(set(places.values())) > 1
    shown = " ".join(_list_words(page.pages[0]._page_box))
    for anchor, title in entry.contents:
        assert re.search(rf"{re.escape(title)}[ .]+{places[anchor]}\b", shown), (title, shown)


def _list_words(box):
    """Yield the words of a page as they were laid out."""
    if hasattr(box, "text"):
        yield box.text
    for child in getattr(box, "children", ()):
        yield from _list_words(child)


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "http://127.0.0.1/", "https://a.example/x.png", "data:,x"),
        *("picture:../../etc/passwd", "picture:" + "0" * 64 + ".svg", "0" * 64 + ".png"),
    ],
)
def test_print_fetches_nothing_but_our_own_pictures(url):
    fetcher = printing.make_fetcher(printing.load_printer())

    with pytest.raises(ValueError, match="not ours to print"):
        fetcher.fetch(url)


def test_a_picture_that_is_gone_leaves_a_pdf(sample):
    entry, document = find_document("harbour", 7, "en")
    for picture in document.pictures.values():
        default_storage.delete(picture.name)

    assert draw(entry, document).startswith(b"%PDF")


def test_an_installation_without_what_draws_says_so(client, sample, monkeypatch):
    monkeypatch.setattr(printing, "load_printer", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    answer = client.get(f"{ISSUE}en/print.pdf")

    assert answer.status_code == 501
    assert b"./masthead setup pdf" in answer.content
    assert "PDF for print" not in client.get(ISSUE).content.decode()


def test_what_can_not_be_loaded_is_absent(monkeypatch):
    def fail(_: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0'")

    printing.load_printer.cache_clear()
    monkeypatch.setattr(printing.importlib, "import_module", fail)
    try:
        assert printing.load_printer() is None
    finally:
        printing.load_printer.cache_clear()


def test_one_pdf_is_drawn_at_a_time(client, sample):
    cache.add(printing.BUSY, True, 60)

    answer = client.get(f"{ISSUE}en/print.pdf")

    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


def test_what_draws_pdfs_does_not_make_cut_pictures_fit():
    assert printing.load_printer() is not None

    assert not ImageFile.LOAD_TRUNCATED_IMAGES
