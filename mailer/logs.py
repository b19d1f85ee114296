"""How every process of ours logs: a line an event, as JSON or as text, and no reader's address.

The standard library's loggers, Django's, Celery's and granian's all end in the same handler.
What is bound to the context (a request's id, a task's, a mailing's) stands on every line that
is written meanwhile.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

FORMATS = ("text", "json")
Event = MutableMapping[str, Any]

# An address, or nearly one. What looks like one and is kept: Celery's names for its processes,
# and a server's, whose password Celery has replaced by two stars.
ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:@=/]+@[^\s<>()\[\]\"',;@/]+")
NODE = re.compile(r"(?:celery|sender|worker|gen\d+)@[\w.-]+|\*\*@[\w.-]+(?::\d+)?")
HIDDEN = "[address]"

# These say at each wake-up that it came and went, or name who writes to whom, or the path of a
# page whose last part is a reader's token: what is wrong there, others of ours say. Whoever asks
# for a host that is not ours (scanners do so all day) has a line of the request, with code 400,
# and no traceback besides.
QUIET: dict[str, str] = {
    "celery.app.trace": "WARNING",
    "celery.beat": "WARNING",
    "celery.worker.strategy": "WARNING",
    "django.request": "CRITICAL",
    "django.security.DisallowedHost": "CRITICAL",
    "kombu": "WARNING",
    "mail.log": "WARNING",
    "mail.debug": "WARNING",
}


def describe_logging(*, level: str, form: str) -> dict[str, Any]:
    """Return the configuration of Python's logging, and set structlog up to go with it."""
    configure_structlog()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": make_formatter, "form": form}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            **({} if level == "DEBUG" else {name: {"level": at} for name, at in QUIET.items()}),
            # granian has handlers of its own, which logs.json sets for its first process.
            "_granian": {"handlers": [], "propagate": True},
        },
    }


def configure_structlog() -> None:
    """Let structlog's loggers write through the standard library's."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            *_describe(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def make_formatter(form: str = "") -> logging.Formatter:
    """Return what makes a line of an event; granian asks for it without saying which form."""
    chosen = form or os.environ.get("MASTHEAD_LOG_FORMAT", "") or FORMATS[0]
    renderer: Any = (
        structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False)
        if chosen == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, pad_level=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, *_describe()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide_addresses,
            renderer,
        ],
    )


def hide_addresses(_logger: Any, _method: str, event: Event) -> Event:
    """Put a word in the place of every address, unless somebody looks for a fault (DEBUG)."""
    if event.get("level") == "debug":
        return event
    return {key: _hide(value) for key, value in event.items()}


def _hide(value: Any) -> Any:
    if isinstance(value, (int, float, bool)) or value is None:
        return value
    text = value if isinstance(value, str) else str(value)
    return ADDRESS.sub(_hide_match, text) if "@" in text else value


def _hide_match(match: re.Match[str]) -> str:
    return match[0] if NODE.fullmatch(match[0]) else HIDDEN


def _describe() -> list[Any]:
    """Return what says of an event when it was, how grave, and who says so."""
    return [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
