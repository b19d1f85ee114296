"""What Masthead remembers: one noun a file."""

from mailer.models.audit import AuditEntry
from mailer.models.checks import Acceptance, LinkRound
from mailer.models.delivery import Delivery, DeliveryState, Signal, SkipReason
from mailer.models.dkim import DkimKey
from mailer.models.draft import Draft, Revision
from mailer.models.feedback import Feedback, InboundMessage, ProviderEvent
from mailer.models.figure import Figure
from mailer.models.issue import Edition, Issue
from mailer.models.mailing import (
    Batch,
    BatchState,
    Following,
    FrozenEdition,
    Link,
    Mailing,
    MailingState,
    PastZones,
    Timing,
)
from mailer.models.membership import Membership, Role
from mailer.models.publication import Publication
from mailer.models.pulse import Pulse
from mailer.models.signing import Comment, SignOff
from mailer.models.token import ApiToken, Scope
from mailer.models.transport import DomainLimit, Transport
from mailer.models.trial import Trial, TrialState

__all__ = [
    "Acceptance",
    "ApiToken",
    "AuditEntry",
    "Batch",
    "BatchState",
    "Comment",
    "Delivery",
    "DeliveryState",
    "DkimKey",
    "DomainLimit",
    "Draft",
    "Edition",
    "Feedback",
    "Figure",
    "Following",
    "FrozenEdition",
    "InboundMessage",
    "Issue",
    "Link",
    "LinkRound",
    "Mailing",
    "MailingState",
    "Membership",
    "PastZones",
    "ProviderEvent",
    "Publication",
    "Pulse",
    "Revision",
    "Role",
    "Scope",
    "SignOff",
    "Signal",
    "SkipReason",
    "Timing",
    "Transport",
    "Trial",
    "TrialState",
]
