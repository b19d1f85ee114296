"""Real servers, used without touching what is theirs: a schema and a logical database of ours.

On PostgreSQL the demo makes a schema with a random name, works in it alone, and drops it.
On Redis it claims a logical database that is empty, in one atomic step, and deletes at the
end only the keys of the kinds that Masthead and Celery write. Nothing else is ever emptied.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import django
import redis
from django.db import DatabaseError, connection

from mailer.errors import InvalidSetting

SCHEMA_PREFIX = "masthead_demo_"
CLAIM_KEY = "masthead:demo"
MOST_LOGICAL_DATABASES = 16  # what servers have unless somebody changed it
CLAIM = "if redis.call('dbsize') == 0 then return redis.call('set', KEYS[1], ARGV[1]) end"
# The kinds of keys that Masthead and its Celery workers write.
OWN_KEYS = ("masthead:*", "_kombu.*", "unacked*", "default*", "send*", "celery*", "*pidbox*")


def name_schema() -> str:
    """Return a schema's name that nobody has."""
    return SCHEMA_PREFIX + secrets.token_hex(6)


def point_to_schema(url: str, schema: str) -> str:
    """Return a PostgreSQL address whose connections work in this schema alone."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidSetting("DATABASE_URL is no address: write postgres://host/name.") from None
    query = dict(parse_qsl(parts.query))
    query["options"] = f"{query.get('options', '')} -csearch_path={schema}".strip()
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


@contextmanager
def own_schema(schema: str) -> Iterator[None]:
    """Make the schema, and drop it afterwards: it, and nothing else.

    Raises InvalidSetting if the server does not let us, or can't be reached.
    """
    if not schema:
        yield
        return
    # Before that, Django warns of whoever speaks to a database.
    django.setup()
    name = connection.ops.quote_name(schema)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {name}")
    except DatabaseError as error:
        reason = str(error).strip().partition("\n")[0]
        raise InvalidSetting(
            f"DATABASE_URL can't be used ({reason}): start that server, grant the user "
            "CREATE on the database, or unset it to use the embedded one."
        ) from error
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {name} CASCADE")
        connection.close()


@contextmanager
def own_redis(url: str) -> Iterator[str]:
    """Yield the address of a logical database that is ours while this lasts; none for none.

    Raises InvalidSetting if every logical database is in use, or the server can't be reached.
    """
    if not url:
        yield ""
        return
    try:
        mine = _claim(url)
    except redis.RedisError as error:
        raise InvalidSetting(
            f"REDIS_URL can't be used ({error}): start that server, or unset it."
        ) from error
    try:
        yield mine
    finally:
        _clean(mine)


def _claim(url: str) -> str:
    for number in reversed(range(MOST_LOGICAL_DATABASES)):
        candidate = _point_to(url, number)
        with redis.Redis.from_url(candidate, socket_timeout=10) as client:
            try:
                taken = client.eval(CLAIM, 1, CLAIM_KEY, secrets.token_hex(8))
            except redis.ResponseError as error:
                if "out of range" in str(error):
                    continue
                raise
        if taken:
            return candidate
    raise InvalidSetting(
        "REDIS_URL's server has no empty logical database for the demo: "
        "name another server, or unset it to use the embedded one."
    )


def _point_to(url: str, number: int) -> str:
    if url.startswith("unix://"):
        return f"{url.partition('?')[0]}?db={number}"
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


def _clean(url: str) -> None:
    with redis.Redis.from_url(url, socket_timeout=10) as client:
        for pattern in OWN_KEYS:
            keys = list(client.scan_iter(pattern, count=1_000))
            if keys:
                client.delete(*keys)
