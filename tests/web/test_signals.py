"""Counted links and the pixel: where they lead, and what they can't be made to do."""

from __future__ import annotations

import quopri
import re

import pytest
import redis
from django.test import Client

from mailer.content.parse import parse_issue
from mailer.dispatch.batches.due import DueDelivery
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.freezing.freeze import load_frozen
from mailer.dispatch.sending.recipients import make_message
from mailer.message.identity import OF_DELIVERY, OF_EDITION, signal_token
from mailer.models import Delivery, FrozenEdition, Link
from mailer.models.keys import identity_key
from mailer.results.signals import KEY, Buffer, open_buffer
from mailer.results.tasks import record_signals
from tests.fakes.world import ISSUE_FILE, NOW, join_many
from tests.results.test_machines import FIREFOX

TARGET = "https://example.org/tide?a=1&b=2"


@pytest.fixture(autouse=True)
def _redis(redis_url, settings):
    settings.REDIS_URL = redis_url
    open_buffer.cache_clear()
    redis.Redis.from_url(redis_url).delete(KEY)
    yield
    open_buffer.cache_clear()


@pytest.fixture
def edition(edition):
    """Give the issue a link to count."""
    text = ISSUE_FILE.format(number=7, language="en", subject="Spring")
    text += f"\nRead of [the tide]({TARGET}).\n"
    document = parse_issue(text, file="issue.md", load_picture=None)
    return store_issue(document, publication=edition.issue.publication, now=NOW)


@pytest.fixture
def send(start, plan, settings, readers):
    """Send a mailing with so much counted, and return a delivery and its message's HTML."""

    def send(signals: str, of_list: str = "people") -> tuple[Delivery, str]:
        settings.SIGNALS = signals
        readers.signals = of_list
        readers.save()
        join_many(2, readers)
        plan(start())
        delivery = Delivery.objects.order_by("id")[0]
        due = DueDelivery._make(getattr(delivery, name) for name in DueDelivery._fields)
        load_frozen.cache_clear()
        return delivery, quopri.decodestring(make_message(due).whole()).decode()

    return send


def links_of(message: str) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:8000(/[co]/[^\"<>\s]+)", message)


def get(path: str, **headers: str):
    return Client().get(path, headers={"User-Agent": FIREFOX} | headers)


def waiting() -> int:
    return len(open_buffer().take(100))


def test_by_default_nothing_is_counted_and_no_link_is_touched(send, settings):
    _, message = send(settings.SIGNALS)

    assert settings.SIGNALS == "off"
    assert links_of(message) == []
    assert "https://example.org/tide" in message
    assert not Link.objects.exists()


@pytest.mark.parametrize(("installation", "of_list"), [("off", "people"), ("people", "off")])
def test_the_installation_or_a_list_alone_turns_it_off(installation, of_list, send):
    _, message = send(installation, of_list)

    assert links_of(message) == []


def test_a_reader_goes_where_the_link_led_and_is_counted(send):
    delivery, message = send("people")
    link, pixel = sorted(links_of(message))

    answer = get(link)
    picture = get(pixel)

    assert (answer.status_code, answer["Location"]) == (302, TARGET)
    assert picture["Content-Type"] == "image/gif"
    assert "no-store" in answer["Cache-Control"]
    record_signals()
    delivery.refresh_from_db()
    assert delivery.opened_at is not None
    assert delivery.clicked_at is not None


def test_the_text_part_and_the_archive_keep_the_links_as_they_are(send):
    _, message = send("people")

    text = message.partition("text/html")[0]
    assert TARGET in text
    assert links_of(text) == []
    assert "/c/" not in FrozenEdition.objects.get().html


def test_totals_know_the_link_and_nobody(send):
    delivery, message = send("totals")
    [link] = links_of(message)

    assert get(link)["Location"] == TARGET

    record_signals()
    delivery.refresh_from_db()
    assert (delivery.clicked_at, Link.objects.get().clicks) == (None, 1)
    frozen = FrozenEdition.objects.get()
    assert link.split("/")[2] == signal_token(OF_EDITION, frozen.pk, identity_key())


def test_every_reader_has_one_token_for_all_links(send):
    delivery, message = send("people")

    tokens = {path.split("/")[2].removesuffix(".gif") for path in links_of(message)}

    assert tokens == {signal_token(OF_DELIVERY, delivery.pk, identity_key())}


def test_a_scanner_that_asks_for_the_head_is_led_on_and_counted_apart(send):
    delivery, message = send("people")
    link = min(links_of(message))

    answer = Client().head(link, headers={"User-Agent": FIREFOX})

    assert answer["Location"] == TARGET
    record_signals()
    delivery.refresh_from_db()
    assert delivery.clicked_at is None
    assert delivery.signals.get().by_machine


def test_who_asks_not_to_be_followed_is_led_on_and_not_counted(send):
    _, message = send("people")
    link, pixel = sorted(links_of(message))

    assert get(link, **{"Sec-GPC": "1"}).status_code == 302
    assert get(pixel, **{"Sec-GPC": "1"}).status_code == 200
    assert waiting() == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link[:-1] + "2",
        lambda link: link[:-1] + "0",
        lambda link: link[:-1] + "99999999999999999999",
        lambda link: link.replace("/c/d", "/c/e"),
        lambda link: link[:6] + ("A" if link[6] != "A" else "B") + link[7:],
        lambda link: f"{link}?to=https://attacker.example",
        lambda link: f"{link}/https://attacker.example",
        lambda _: "/c/https://attacker.example/1",
        lambda _: "/c/%0d%0aLocation:%20https://attacker.example/1",
    ],
)
def test_a_link_can_t_be_made_to_lead_elsewhere(change, send):
    _, message = send("people")
    link = min(links_of(message))

    answer = get(change(link))

    assert answer.status_code == 404 or answer["Location"] == TARGET


def test_a_token_leads_to_links_of_its_own_message_alone(send):
    _, message = send("people")
    other = FrozenEdition.objects.get()
    other.pk, other.language = None, "fr"
    other.save()
    Link.objects.create(frozen_edition=other, number=2, url="https://private.example/")

    assert get(min(links_of(message))[:-1] + "2").status_code == 404
    of_other = signal_token(OF_EDITION, other.pk, identity_key())
    assert get(f"/c/{of_other}/2")["Location"] == "https://private.example/"


@pytest.mark.django_db
def test_a_token_of_a_delivery_that_is_gone_leads_nowhere():
    token = signal_token(OF_DELIVERY, 4_711, identity_key())

    assert get(f"/c/{token}/1").status_code == 404
    assert waiting() == 0


def test_a_stored_link_that_is_none_of_the_web_is_not_followed(send):
    _, message = send("people")
    Link.objects.update(url="javascript:alert(1)")

    assert get(min(links_of(message))).status_code == 400


def test_a_pixel_of_nobody_looks_like_any_other_and_counts_nothing(client):
    answer = get("/o/forged.gif")

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")
    assert waiting() == 0


def test_redis_away_delays_no_reader(send, monkeypatch):
    _, message = send("people")
    link = min(links_of(message))
    away = Buffer(redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.1))
    monkeypatch.setattr("mailer.web.signals.open_buffer", lambda: away)

    assert get(link)["Location"] == TARGET


def test_a_post_changes_nothing(send):
    _, message = send("people")

    assert Client().post(min(links_of(message))).status_code == 405
