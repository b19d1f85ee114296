"""Whether an edition may be sent: asked when a mailing is scheduled, and again when it is frozen.

Every way to send goes through both: the desk, the admin, commands, and beat.
"""

from __future__ import annotations

from mailer.checks.judge import find_errors
from mailer.checks.proof import pull_proof
from mailer.dispatch.signing.chain import find_missing, find_voided
from mailer.errors import NotReady
from mailer.models import Edition
from mailer.types import Document, RenderedIssue


def clear_signatures(edition: Edition) -> None:
    """Raise NotReady if a signature is missing for an edition as it is; its row is read already.

    What is asked is the text that will be rendered, not what its row says of it.
    """
    missing = find_missing(edition)
    if missing is None:
        return
    voided = find_voided(edition)
    since = f" It was changed after {voided.name} had signed it." if voided else ""
    raise NotReady(f"{edition} is not signed by the {missing.label}.{since} See its sign-off.")


def clear_text(edition: Edition, document: Document, rendered: RenderedIssue) -> None:
    """Raise NotReady if an edition, as it was rendered just now, has what blocks sending."""
    errors = find_errors(pull_proof(document, rendered))
    if errors:
        first = errors[0]
        where = f" (in “{first.place.title}”)" if first.place.title else ""
        more = f" There are {len(errors) - 1} more." if len(errors) > 1 else ""
        raise NotReady(f"{edition} can't be sent. {first.what}{where} {first.means}{more}")
