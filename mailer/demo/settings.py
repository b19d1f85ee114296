"""The settings of a running demo: those of Masthead, and the pages of the small world."""

from __future__ import annotations

from mailer.demo.folder import STORE
from mailer.settings import *  # noqa: F403 - the demo is Masthead, with one thing added
from mailer.settings import CELERY_BROKER_URL, REDIS_URL, VAR_DIR

ROOT_URLCONF = "mailer.demo.urls"
DEMO_STORE = VAR_DIR / STORE
# A socket's logical database has another name with Celery than with the Redis client.
if REDIS_URL.startswith("unix://"):
    CELERY_BROKER_URL = CELERY_BROKER_URL.replace("?db=", "?virtual_host=")
