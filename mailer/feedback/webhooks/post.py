"""A provider's post as its checks see it: the header and the octets, nothing read yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from mailer.errors import ForgedPost

# A post that is older was recorded by somebody, or waited longer than any provider tries again.
# It is far shorter than the time for which events are remembered, so none is ever counted twice.
OLDEST_POST = dt.timedelta(days=3)
# Their clocks and ours differ.
MOST_AHEAD = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What came by HTTP. ``headers`` finds a name in any case; ``received_at`` is aware."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: dt.datetime

    def get(self, name: str) -> str:
        """Return a header's value. Raises ForgedPost if it is not there."""
        value = self.headers.get(name)
        if not value:
            raise ForgedPost(f"The post has no {name}.")
        return value


def check_age(post: Post, seconds: object) -> None:
    """Raise ForgedPost unless a time, in seconds since 1970, is of the last days."""
    try:
        signed_at = dt.datetime.fromtimestamp(float(str(seconds)), tz=dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ForgedPost("The post's time is none.") from error
    check_moment(post, signed_at)


def check_moment(post: Post, signed_at: dt.datetime) -> None:
    """Raise ForgedPost unless a moment is of the last days."""
    if not post.received_at - OLDEST_POST <= signed_at <= post.received_at + MOST_AHEAD:
        raise ForgedPost(f"The post was signed at {signed_at:%Y-%m-%d %H:%M}: too long ago.")
