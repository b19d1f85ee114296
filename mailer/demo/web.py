"""The readers' mailboxes: what arrived, as it arrived.

Whatever a message holds was written by others: its text is escaped, and its HTML is shown
in a sandboxed frame under a policy of its own, without script, form or frame.
"""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from csp.decorators import csp
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from mailer.demo.behaviour import Behaviour, find_behaviour
from mailer.demo.mailboxes import Arrival, Mailboxes

PAGE_SIZE = 25
LONGEST_SEARCH = 100
VIEWS = {"html": "HTML", "text": "Text", "source": "Source"}
WORDS = {
    Behaviour.TAKES: "This reader takes what comes.",
    Behaviour.REFUSES: "The server refuses this address.",
    Behaviour.BOUNCES: "The server took the message and reported later that it bounced.",
    Behaviour.FULL_ONCE: "This mailbox was full at the first try and took it at the second.",
    Behaviour.COMPLAINS: "This reader called the message spam.",
    Behaviour.LEAVES: "This reader pressed “unsubscribe” in the mail program.",
}
# Mail carries its styles inline. Its pictures come from our own address, which is named,
# as a sandboxed document has no origin that 'self' could mean.
MAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": [settings.PUBLIC_URL],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}
_LINK = re.compile(r"<a\b(?=[^>]*\shref=[\"']?https?://)", re.IGNORECASE)


@require_safe
@never_cache
def list_mailboxes(request: HttpRequest) -> HttpResponse:
    """List the mailboxes by address, a page at a time; ``q`` searches in the address."""
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    mailboxes = _mailboxes()
    total = mailboxes.count_mailboxes(search)
    page = Paginator(range(total), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "search": search,
        "page": page,
        "total": total,
        "messages": mailboxes.count_messages(),
        "mailboxes": mailboxes.list_mailboxes(
            search, offset=(page.number - 1) * PAGE_SIZE, limit=PAGE_SIZE
        ),
    }
    return render(request, "demo/mailboxes.html", context)


@require_safe
@never_cache
def show_mailbox(request: HttpRequest, recipient: str) -> HttpResponse:
    """List the messages of one mailbox, the newest first."""
    messages = _mailboxes().list_messages(recipient)
    if not messages:
        raise Http404
    context = {"recipient": recipient, "messages": messages, "behaviour": _describe(recipient)}
    return render(request, "demo/mailbox.html", context)


@require_safe
def show_message(request: HttpRequest, number: int) -> HttpResponse:
    """Show a message as HTML in a frame, as text, or as its source."""
    arrival = _find(number)
    chosen = request.GET.get("view", "html")
    if chosen not in VIEWS:
        raise Http404
    message = _parse(arrival)
    context = {
        "arrival": arrival,
        "sender": str(message["From"]),
        "reader": str(message["To"]),
        "date": str(message["Date"]),
        "behaviour": _describe(arrival.recipient),
        "size": len(arrival.raw),
        "chosen": chosen,
        "views": VIEWS,
        "body": _read_body(arrival, message, chosen),
    }
    return render(request, "demo/message.html", context)


@require_safe
@xframe_options_sameorigin
@csp(MAIL_POLICY)  # type: ignore[arg-type]  # typed for views without arguments
def show_html(_request: HttpRequest, number: int) -> HttpResponse:
    """Send a message's HTML for the frame; its links open beside it, not in it."""
    part = _parse(_find(number)).get_body(("html",))
    if part is None:
        raise Http404
    html = _LINK.sub('<a target="_blank" rel="noopener noreferrer"', part.get_content())
    return HttpResponse(html)


@require_safe
def download(_request: HttpRequest, number: int) -> HttpResponse:
    """Send the message itself, as a file that a mail program opens."""
    arrival = _find(number)
    response = HttpResponse(arrival.raw, content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="message-{arrival.id}.eml"'
    return response


def _mailboxes() -> Mailboxes:
    return Mailboxes(settings.DEMO_STORE)  # type: ignore[misc]  # the demo's own


def _find(number: int) -> Arrival:
    # SQLite's numbers end at 63 bits; no message has a larger one.
    arrival = _mailboxes().read_message(number) if number < 2**63 else None
    if arrival is None:
        raise Http404
    return arrival


def _parse(arrival: Arrival) -> EmailMessage:
    message = message_from_bytes(arrival.raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _read_body(arrival: Arrival, message: EmailMessage, chosen: str) -> str:
    if chosen == "source":
        return arrival.raw.decode("utf-8", "replace").replace("\r\n", "\n")
    part = message.get_body(("plain",)) if chosen == "text" else None
    return str(part.get_content()) if part is not None else ""


def _describe(recipient: str) -> str:
    return WORDS[find_behaviour(recipient)]
