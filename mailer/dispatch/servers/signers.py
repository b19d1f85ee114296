"""Which DKIM keys sign a sender's mail."""

from __future__ import annotations

import time
from functools import lru_cache

from mailer.message.dkim import Signer
from mailer.message.signing_keys import clean_name
from mailer.models.dkim import DkimKey

# A key that is made active or retired is heeded by every worker within this time, and reading
# keys (RSA ones are checked as they are read) costs nothing beside a minute's mail.
KEPT_SECONDS = 60


def load_signers(domain: str) -> tuple[Signer, ...]:
    """Return what signs mail from a domain; nothing if no active key fits.

    Raises UnreadableSecret if a key was stored under another secret key: mail must not go out
    unsigned because of that.
    """
    return _load(domain, int(time.monotonic() // KEPT_SECONDS))


@lru_cache(maxsize=32)
def _load(domain: str, _: int) -> tuple[Signer, ...]:
    keys = DkimKey.objects.aligned(clean_name("domain", domain))
    return tuple(key.signer() for key in keys)
