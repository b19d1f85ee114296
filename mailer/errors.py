"""The whole exception tree of Masthead.

::

    MastheadError                     every error that Masthead itself raises
    ├── InvalidSetting                a setting is missing or has a bad value      (also ValueError)
    ├── InvalidIssue                  an issue file is not acceptable              (also ValueError)
    ├── RenderingError                a document could not be turned into HTML     (also ValueError)
    ├── MessageError                  a message could not be compiled or merged    (also ValueError)
    ├── InvalidToken                  a signed token is forged, cut or misused     (also ValueError)
    ├── InvalidAddress                an email address is none                     (also ValueError)
    ├── SuppressedAddress             an address must not be written to            (also ValueError)
    ├── SilentAddress                 an address was asked, and never answered     (also ValueError)
    ├── InvalidRule                   a segment's rule tree is not well formed     (also ValueError)
    ├── InvalidImport                 a file of subscribers can't be read          (also ValueError)
    ├── InvalidExport                 an export was asked for that can't be made   (also ValueError)
    ├── ImportInterrupted             an import was cancelled or taken over
    ├── InvalidTransition             a mailing was asked for a state it can't reach
    ├── UnreadableSecret              a stored secret was sealed under another key (also ValueError)
    ├── InvalidSigningKey             a DKIM key can't sign, or is named wrongly   (also ValueError)
    ├── NotReady                      an issue has errors, or lacks a signature    (also ValueError)
    ├── ForbiddenVisit                a link leads where we do not go
    ├── LeaseLost                     a batch's lease ran out or was taken over
    ├── LimitsUnavailable             Redis keeps the limits and can't be reached
    ├── ForgedPost                    a provider's post does not prove to be its own
    ├── UnreadableReport              an inbound mail is no report we can read     (also ValueError)
    └── RelayError                    the receiving server said no; carries its Reply
        ├── TransientRelayError       4xx, or no answer: worth another try
        └── PermanentRelayError       5xx: will not change by trying again
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailer.types import Problem, Reply


class MastheadError(Exception):
    """Be the root that a caller catches to mean "anything Masthead refuses"."""


class InvalidSetting(MastheadError, ValueError):
    """Refuse to start with a missing or bad setting; the message names it and the remedy."""


class InvalidIssue(MastheadError, ValueError):
    """Refuse an issue file, carrying every problem found in it, not just the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RenderingError(MastheadError, ValueError):
    """Report that a theme and a document did not make valid MJML or HTML."""


class MessageError(MastheadError, ValueError):
    """Report that a message could not be compiled, or a value not merged into it."""


class InvalidToken(MastheadError, ValueError):
    """Refuse a signed token that is forged, cut short, or meant for something else."""


class InvalidAddress(MastheadError, ValueError):
    """Refuse what is no email address; the message says why."""


class SuppressedAddress(MastheadError, ValueError):
    """Refuse to put somebody on a list who is suppressed everywhere."""


class SilentAddress(MastheadError, ValueError):
    """Refuse to ask somebody once more who was asked to confirm and did not answer."""


class InvalidRule(MastheadError, ValueError):
    """Refuse a segment's rule tree; the message names the place in the tree."""


class InvalidImport(MastheadError, ValueError):
    """Refuse a whole file of subscribers: unreadable, no address column, not text."""


class InvalidExport(MastheadError, ValueError):
    """Refuse an export that can't be made as asked; the message says what can."""


class ImportInterrupted(MastheadError):
    """Tell a worker that its import was cancelled, or is another's now: it must stop."""


class InvalidTransition(MastheadError):
    """Refuse to move a mailing to a state that its present state does not lead to."""


class UnreadableSecret(MastheadError, ValueError):
    """Say that a stored password or key can't be decrypted under the present secret key."""


class InvalidSigningKey(MastheadError, ValueError):
    """Refuse a DKIM key that is too short, of another kind, or under a name that is none."""


class NotReady(MastheadError, ValueError):
    """Refuse to send an issue that has errors, or that somebody has yet to sign."""


class ForbiddenVisit(MastheadError):
    """Refuse to visit a link that leads to what is not on the public network, or is no page."""


class LeaseLost(MastheadError):
    """Tell a worker that its batch belongs to another one now: it must stop and write nothing."""


class LimitsUnavailable(MastheadError):
    """Say that nobody knows how much may be sent: a worker stops for now, and tries later."""


class ForgedPost(MastheadError):
    """Refuse a post to a webhook that does not prove that the provider sent it, or that is old."""


class UnreadableReport(MastheadError, ValueError):
    """Say that an inbound mail is not a report that its parser reads."""


class RelayError(MastheadError):
    """Carry the receiving server's refusal of one message."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(str(reply))


class TransientRelayError(RelayError):
    """Carry a 4xx reply, or the lack of one: the message may be tried again."""


class PermanentRelayError(RelayError):
    """Carry a 5xx reply: trying the same message again is pointless."""


class LookupFailed(MastheadError):
    """No name server could be asked."""
