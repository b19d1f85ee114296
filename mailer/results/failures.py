"""Why messages of a mailing were refused, in groups that an editor understands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max

from mailer.models import Delivery, DeliveryState, Mailing
from mailer.transport.smtp.replies import classify
from mailer.types import Reason, Reply, Stage

WORDS: dict[Reason, str] = {
    Reason.UNKNOWN_ADDRESS: "the address does not exist",
    Reason.UNKNOWN_DOMAIN: "the domain does not exist",
    Reason.DISABLED: "the mailbox is closed",
    Reason.MAILBOX_FULL: "the mailbox is full",
    Reason.TOO_LARGE: "the message is too large for it",
    Reason.CONTENT: "something in the content is refused",
    Reason.SPAM: "taken for spam",
    Reason.BLOCKED: "our server or domain is blocked",
    Reason.AUTHENTICATION: "not verified as coming from us",
    Reason.RATE: "too many messages at once",
    Reason.SYSTEM: "a fault of the receiving system",
    Reason.NETWORK: "the receiving system can't be reached",
    Reason.UNKNOWN: "another reason",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Deliveries that ended, or wait, for one reason, with one server's own words."""

    why: str
    count: int
    example: str


def group_failures(mailing: Mailing, states: Sequence[DeliveryState]) -> list[Failures]:
    """Return a mailing's deliveries in these states by reason, the commonest first."""
    rows = (
        Delivery.objects.filter(mailing=mailing, state__in=states)
        .values_list("reply_code", "reply_status", "reply_stage")
        .annotate(total=Count("id"), words=Max("reply_text"))
        .order_by()
    )
    sums: dict[str, int] = defaultdict(int)
    examples: dict[str, str] = {}
    for code, status, stage, total, words in rows:
        why = WORDS[_judge(code, status, stage, words)]
        sums[why] += total
        examples.setdefault(why, f"{code or ''} {status} {words}".strip())
    return [
        Failures(why=why, count=count, example=examples[why])
        for why, count in sorted(sums.items(), key=lambda item: -item[1])
    ]


def _judge(code: int | None, status: str, stage: str, words: str) -> Reason:
    if not code:
        return Reason.NETWORK
    known = Stage(stage) if stage in set(Stage) else Stage.RCPT
    return classify(Reply(code=code, status=status, text=words, stage=known)).reason
