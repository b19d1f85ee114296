"""Forged, altered, replayed and misdirected posts: refused, or harmless."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.error import HTTPError

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mailer.errors import ForgedPost
from mailer.feedback.webhooks import sns
from mailer.models import Delivery, ProviderEvent
from subscribers.models import Suppression
from tests.fakes.webhooks import (
    CERTIFICATE_URL,
    DEAD,
    SECRETS,
    TOPIC,
    FakePost,
    amazon_certificate,
    by_login,
    by_mailgun,
    by_sendgrid,
    by_sns,
    by_svix,
    identity_of,
    mailgun_event,
    postmark_event,
    resend_event,
    sendgrid_event,
    ses_bounce,
    sign_sns,
)

TODAY = dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC)
REAL_FETCH = sns.fetch
LONG_AGO = TODAY - dt.timedelta(days=4)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(TODAY, tick=False):
        yield


def refused(post, provider: str, what: FakePost) -> bool:
    return post(provider, what) == 401 and not ProviderEvent.objects.exists()


@pytest.mark.parametrize("provider", DEAD)
def test_a_post_without_what_proves_it_is_refused(provider, delivery, post):
    what = DEAD[provider](delivery, TODAY)
    what.headers = {name: value for name, value in what.headers.items() if name.startswith("x-amz")}
    body = json.loads(what.body)
    if isinstance(body, dict):
        body.pop("signature", None)
        body.pop("Signature", None)
    what.body = json.dumps(body).encode()

    assert refused(post, provider, what)


@pytest.mark.parametrize("provider", ["ses", "sendgrid", "resend"])
def test_a_body_that_was_altered_on_its_way_is_refused(provider, delivery, post):
    what = DEAD[provider](delivery, TODAY)
    what.body = what.body.replace(delivery.email.encode(), b"somebody@people.example")

    assert refused(post, provider, what)


@pytest.mark.parametrize("provider", DEAD)
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"x"', b"[" * 100_000, b"\xff\xfe", b'{"signature": 1}'],
    ids=["empty", "cut", "null", "list", "text", "deep", "octets", "odd"],
)
def test_what_is_no_event_is_refused_or_noted_and_never_an_error(provider, body, delivery, post):
    what = DEAD[provider](delivery, TODAY)
    what.body = body

    assert post(provider, what) in {200, 401}
    assert not ProviderEvent.objects.filter(handled_at=None).exists()


@pytest.mark.parametrize("login", ["", "Basic", "Basic aG9va3M6", "Basic !!!", "Bearer x"])
def test_a_wrong_password_is_refused(login, delivery, post):
    what = by_login(postmark_event(delivery))
    what.headers = {"Authorization": login} if login else {}

    assert refused(post, "postmark", what)


def test_an_event_with_another_s_message_id_made_up_harms_nobody(delivery, tell):
    other = Delivery.objects.exclude(pk=delivery.pk).get()
    made_up = identity_of(delivery).replace(f"{delivery.pk:012x}", f"{other.pk:012x}")

    tell("postmark", by_login(postmark_event(other, Metadata={"masthead": made_up})))

    assert not Suppression.objects.exists()


def test_what_sendgrid_signed_long_ago_is_refused(delivery, post):
    assert refused(post, "sendgrid", by_sendgrid([sendgrid_event(delivery)], now=LONG_AGO))


def test_what_another_key_signed_is_refused(delivery, post, settings):
    what = by_sendgrid([sendgrid_event(delivery)], now=TODAY)
    other = ec.generate_private_key(ec.SECP256R1())
    at = what.headers["X-Twilio-Email-Event-Webhook-Timestamp"]
    forged = other.sign(at.encode() + what.body, ec.ECDSA(sns.SHA256()))
    what.headers["X-Twilio-Email-Event-Webhook-Signature"] = base64.b64encode(forged).decode()

    assert refused(post, "sendgrid", what)


def test_what_mailgun_signed_long_ago_is_refused(delivery, post):
    assert refused(post, "mailgun", by_mailgun(mailgun_event(delivery), now=LONG_AGO))


def test_a_token_of_mailgun_counts_once_whatever_stands_beside_it(delivery, tell):
    other = Delivery.objects.exclude(pk=delivery.pk).get()
    tell("mailgun", by_mailgun(mailgun_event(delivery), now=TODAY))

    tell("mailgun", by_mailgun(mailgun_event(other, recipient=delivery.email), now=TODAY))
    tell("mailgun", by_mailgun(mailgun_event(other), now=TODAY))

    assert Suppression.objects.get().email_normalised == delivery.email


def test_mailgun_s_form_of_old_is_refused(delivery, post):
    what = by_mailgun(mailgun_event(delivery), now=TODAY)
    signed = json.loads(what.body)["signature"]
    form = "&".join(f"{name}={value}" for name, value in signed.items()) + "&event=dropped"
    what.body, what.content_type = form.encode(), "application/x-www-form-urlencoded"

    assert refused(post, "mailgun", what)


def test_what_svix_signed_long_ago_or_for_another_message_is_refused(delivery, post):
    assert refused(post, "resend", by_svix(resend_event(delivery), now=LONG_AGO))
    what = by_svix(resend_event(delivery), now=TODAY)
    what.headers["svix-id"] = "msg_2"
    assert refused(post, "resend", what)
    what = by_svix(resend_event(delivery), now=TODAY)
    what.headers["svix-timestamp"] = "soon"
    assert refused(post, "resend", what)


@pytest.mark.parametrize("at", ["nan", "inf", "1e400", "-1", "99999999999999999999"])
def test_a_time_that_is_none_is_refused(at, delivery, post):
    what = by_mailgun(mailgun_event(delivery), now=TODAY)
    body = json.loads(what.body)
    body["signature"]["timestamp"] = at
    token = body["signature"]["token"]
    mac = hmac.new(SECRETS["mailgun"].encode(), f"{at}{token}".encode(), hashlib.sha256)
    body["signature"]["signature"] = mac.hexdigest()
    what.body = json.dumps(body).encode()

    assert refused(post, "mailgun", what)


# ------------------------------------------------------------------ Amazon


def bounce(delivery: Delivery, **changes: str) -> FakePost:
    return by_sns(json.dumps(ses_bounce(delivery)), now=TODAY, **changes)


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE_URL.replace("https", "http"),
        CERTIFICATE_URL.replace("amazonaws.com", "amazonaws.com.attacker.example"),
        CERTIFICATE_URL.replace("sns.", "sns.attacker@"),
        CERTIFICATE_URL.replace("sns.eu-west-1", "s3.eu-west-1"),
        "https://169.254.169.254/latest/meta-data/x.pem",
        "https://sns.eu-west-1.amazonaws.com/attacker/topic.pem",
        "file:///etc/passwd",
        f"{CERTIFICATE_URL}\n",
        "",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_asked_for(url, delivery, post, asked):
    assert refused(post, "ses", bounce(delivery, SigningCertURL=url))
    assert asked == []


def test_a_topic_that_is_not_ours_is_refused_however_well_it_is_signed(delivery, post, asked):
    assert refused(post, "ses", bounce(delivery, TopicArn=TOPIC + "2"))
    assert asked == []


def test_what_sns_signed_long_ago_is_refused(delivery, post):
    assert refused(post, "ses", by_sns(json.dumps(ses_bounce(delivery)), now=LONG_AGO))
    assert refused(post, "ses", bounce(delivery, Timestamp="yesterday"))


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_sns_signatures_are_read(version, delivery, tell):
    tell("ses", bounce(delivery, SignatureVersion=version, Subject="Amazon SES Event"))

    assert Suppression.objects.exists()


def test_a_version_that_nobody_knows_is_refused(delivery, post):
    what = bounce(delivery)
    what.body = what.body.replace(b'"SignatureVersion": "2"', b'"SignatureVersion": "3"')

    assert refused(post, "ses", what)


@pytest.mark.parametrize(
    "answer",
    [
        b"no certificate",
        amazon_certificate(ends=TODAY - dt.timedelta(days=1)),
        amazon_certificate(key=rsa.generate_private_key(65_537, 2048)),
        amazon_certificate(key=ec.generate_private_key(ec.SECP256R1())),
    ],
    ids=["none", "run out", "another's", "another kind"],
)
def test_a_certificate_that_does_not_fit_is_refused(answer, delivery, post, monkeypatch):
    monkeypatch.setattr(sns, "fetch", lambda _: answer)

    assert refused(post, "ses", bounce(delivery))


def test_amazon_that_does_not_answer_is_asked_again_with_the_next_post(
    delivery, post, tell, monkeypatch
):
    def fail(_: str) -> bytes:
        raise TimeoutError("timed out")

    with monkeypatch.context() as patch:
        patch.setattr(sns, "fetch", fail)
        assert refused(post, "ses", bounce(delivery))

    tell("ses", bounce(delivery))
    assert Suppression.objects.exists()


def joining(**changes: str) -> FakePost:
    return sign_sns(
        {
            "Type": "SubscriptionConfirmation",
            "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
            "Token": "2336412f37",
            "TopicArn": TOPIC,
            "Message": "You have chosen to subscribe",
            "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
            f"&TopicArn={TOPIC}&Token=2336412f37",
            "Timestamp": "2026-03-01T09:00:00.000Z",
            "SignatureVersion": "2",
            "SigningCertURL": CERTIFICATE_URL,
        }
        | changes
    )


def test_our_own_topic_is_joined(post, asked):
    assert post("ses", joining()) == 200

    assert asked[-1].startswith("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription")


@pytest.mark.parametrize(
    "url",
    [
        "https://attacker.example/?Action=ConfirmSubscription&x",
        "http://169.254.169.254/?Action=ConfirmSubscription&x",
        "https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&x",
        "https://sns.eu-west-1.amazonaws.com@[::1]/?Action=ConfirmSubscription&x",
    ],
)
def test_no_other_address_is_asked_to_confirm(url, post, asked):
    assert post("ses", joining(SubscribeURL=url)) == 401

    assert url not in asked


def test_another_s_topic_is_not_joined(post, asked):
    assert post("ses", joining(TopicArn=TOPIC + "2")) == 401

    assert asked == []


def test_a_topic_that_says_that_we_left_is_heard_and_no_more(post, asked):
    assert post("ses", joining(Type="UnsubscribeConfirmation")) == 200

    assert asked == [CERTIFICATE_URL]


def test_two_topics_may_be_ours(settings, delivery, tell):
    settings.WEBHOOKS = {"ses": f"{TOPIC}2,{TOPIC}"}

    tell("ses", bounce(delivery))

    assert Suppression.objects.exists()


@contextmanager
def web_server(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    quiet = {"do_GET": answer, "log_message": lambda *_: None}
    handler = type("Handler", (BaseHTTPRequestHandler,), quiet)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_what_is_fetched_is_bounded():
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"x" * (sns.LARGEST_ANSWER + 1))

    with web_server(answer) as url:
        assert len(REAL_FETCH(url)) == sns.LARGEST_ANSWER


def test_no_redirect_is_followed():
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://169.254.169.254/")
        handler.end_headers()

    with web_server(answer) as url, pytest.raises(HTTPError, match="302"):
        REAL_FETCH(url)


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"Type": "Else"}'])
def test_what_is_no_message_of_amazon_is_refused(body):
    with pytest.raises(ForgedPost, match="no message of SNS"):
        sns.read_message(body)


def test_a_message_of_amazon_without_a_time_is_refused():
    with pytest.raises(ForgedPost, match="no time"):
        sns._read_time({"Timestamp": "yesterday"})
    assert sns._read_time({"Timestamp": "2026-03-01T09:00:00"}) == TODAY


def test_a_signing_secret_that_was_cut_short_refuses_everything(settings, delivery, post):
    settings.WEBHOOKS = {"resend": "whsec_" + "a" * 25}

    assert refused(post, "resend", by_svix(resend_event(delivery), now=TODAY))
