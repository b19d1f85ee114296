"""Every setting of Masthead, from the environment alone; docs/settings.md explains each.

With nothing set it runs on SQLite and an embedded Redis-compatible server, both in ``var/``.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

from mailer.dispatch.queues import DEFAULT, SEND
from mailer.environment import (
    LOOPBACK_HOSTS,
    anchor_sqlite,
    choose_public_url,
    choose_socket_path,
    keep_secret,
    load_env_file,
    make_folder,
    read_choice,
    read_domain,
    read_duration,
    read_durations,
    read_flag,
    read_folder,
    read_listen,
    read_mailbox,
    read_networks,
    read_number,
    read_public_url,
    read_redis,
    read_text,
    read_webhook,
    write_listen_url,
)
from mailer.errors import InvalidSetting
from mailer.logs import FORMATS, describe_logging
from mailer.transport.smtp.config import SmtpConfig
from mailer.types import Signals

# Lets classes such as ModelAdmin be subscripted at run time as the type checker wants them.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
load_env_file(BASE_DIR / ".env")

# --- where data is kept
VAR_DIR = read_folder("MASTHEAD_VAR", "var", base=BASE_DIR)
MEDIA_ROOT = VAR_DIR / "media"

# --- secrets
SECRET_KEY = read_text("MASTHEAD_SECRET_KEY") or keep_secret(VAR_DIR / "secret-key")
if len(SECRET_KEY) < 32:
    raise InvalidSetting("MASTHEAD_SECRET_KEY is too short: write at least 32 random characters.")

# --- where readers and editors find us
WEB_HOST, WEB_PORT = read_listen("MASTHEAD_LISTEN", "127.0.0.1:8000")
LISTEN_URL = write_listen_url(WEB_HOST, WEB_PORT)
PUBLIC_URL_IS_SET = bool(read_text("MASTHEAD_PUBLIC_URL"))
PUBLIC_URL = read_public_url("MASTHEAD_PUBLIC_URL", choose_public_url(WEB_HOST, WEB_PORT))
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or ""
TRUSTED_PROXIES = read_networks("MASTHEAD_TRUSTED_PROXIES")
DEBUG = read_flag("MASTHEAD_DEBUG", default=False)
ALLOWED_HOSTS = [PUBLIC_HOST, *LOOPBACK_HOSTS]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Octets of a post's body: mail services tell of ten thousand events at once.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# --- mail out
SMTP_URL = read_text("MASTHEAD_SMTP_URL", "smtp://127.0.0.1:25?tls=none")
SMTP_URL_IS_SET = bool(read_text("MASTHEAD_SMTP_URL"))
SmtpConfig.from_url(SMTP_URL)  # a bad one is refused now, not by the first message
BOUNCE_DOMAIN = read_domain("MASTHEAD_BOUNCE_DOMAIN", "bounces.localhost")
BATCH_SIZE = read_number("MASTHEAD_BATCH_SIZE", 1_000, low=1, high=10_000)
LEASE_SECONDS = read_duration("MASTHEAD_LEASE", "120s")
RETRY_DELAYS_SECONDS = read_durations("MASTHEAD_RETRY_DELAYS", "1m,5m,15m,1h,3h,6h")
DEADLINE_SECONDS = read_duration("MASTHEAD_DEADLINE", "2d")
LATE_SECONDS = read_duration("MASTHEAD_LATE", "1h")
SWEEP_SECONDS = read_duration("MASTHEAD_SWEEP", "5s")
SHORTEST_LATE_SECONDS = max(60, 10 * SWEEP_SECONDS)
if LATE_SECONDS < SHORTEST_LATE_SECONDS:
    raise InvalidSetting("MASTHEAD_LATE is too short: write 60s or more, and ten MASTHEAD_SWEEP.")
# One sender keeps a core busy; the database, Redis and the rest need as much.
SENDERS = read_number("MASTHEAD_SENDERS", max((os.cpu_count() or 1) // 2, 1), low=1, high=64)

# --- mail in
INBOUND_HOST, INBOUND_PORT = read_listen("MASTHEAD_INBOUND_LISTEN", "127.0.0.1:8025")
INBOUND_PROTOCOL = read_choice("MASTHEAD_INBOUND_PROTOCOL", "smtp", ("smtp", "lmtp"))
IMAP_URL = read_mailbox("MASTHEAD_IMAP_URL")
WEBHOOKS = {
    "ses": read_webhook("MASTHEAD_WEBHOOK_SES", "ses"),
    "sendgrid": read_webhook("MASTHEAD_WEBHOOK_SENDGRID", "sendgrid"),
    "mailgun": read_webhook("MASTHEAD_WEBHOOK_MAILGUN", "mailgun"),
    "postmark": read_webhook("MASTHEAD_WEBHOOK_POSTMARK", "postmark"),
    "brevo": read_webhook("MASTHEAD_WEBHOOK_BREVO", "brevo"),
    "sparkpost": read_webhook("MASTHEAD_WEBHOOK_SPARKPOST", "sparkpost"),
    "mailjet": read_webhook("MASTHEAD_WEBHOOK_MAILJET", "mailjet"),
    "resend": read_webhook("MASTHEAD_WEBHOOK_RESEND", "resend"),
}
WEBHOOKS = {key: secret for key, secret in WEBHOOKS.items() if secret}

# --- people
UNCONFIRMED_SECONDS = read_duration("MASTHEAD_KEEP_UNCONFIRMED", "30d")

# --- what readers do with the mail
SIGNALS = read_choice("MASTHEAD_SIGNALS", "off", tuple(Signals))

# --- database: SQLite in WAL mode, or what DATABASE_URL names
# Compiling a query costs a tenth of a second, more than any of ours gains by it.
POSTGRES_OPTIONS: dict[str, Any] = {"options": "-c jit=off"}
SQLITE_OPTIONS: dict[str, Any] = {
    # A writer takes the lock when its transaction begins, so that it never fails half-way.
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
}


def read_database(name: str) -> dict[str, Any]:
    """Return Django's description of the database that the variable names."""
    url = read_text(name, f"sqlite:///{VAR_DIR / 'masthead.sqlite3'}")
    try:
        with warnings.catch_warnings(action="ignore"):  # what is wrong is said below
            database = dict(environ.Env.db_url_config(url))
    except (ImproperlyConfigured, ValueError, KeyError) as error:
        raise InvalidSetting(f"{name} is no database address: {error}.") from error
    if database.get("ENGINE") == "django.db.backends.sqlite3":
        path = anchor_sqlite(database["NAME"], BASE_DIR)
        return database | {"NAME": path, "OPTIONS": SQLITE_OPTIONS}
    if database.get("ENGINE") != "django.db.backends.postgresql":
        raise InvalidSetting(f"{name} must start with postgres:// or sqlite:///.")
    kept = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return database | kept | {"OPTIONS": POSTGRES_OPTIONS | database.get("OPTIONS", {})}


def read_sign_on() -> list[dict[str, Any]]:
    """Return the OpenID Connect provider by which people log in, if one is set."""
    server = read_text("MASTHEAD_OIDC_URL")
    if not server:
        return []
    if not server.startswith("https://"):
        raise InvalidSetting("MASTHEAD_OIDC_URL must start with https://: write the issuer.")
    client = read_text("MASTHEAD_OIDC_CLIENT")
    secret = read_text("MASTHEAD_OIDC_SECRET")
    if not client or not secret:
        raise InvalidSetting("MASTHEAD_OIDC_URL needs MASTHEAD_OIDC_CLIENT and _SECRET as well.")
    name = read_text("MASTHEAD_OIDC_NAME", "Single sign-on")
    return [
        {
            "provider_id": "sso",
            "name": name,
            "client_id": client,
            "secret": secret,
            "settings": {"server_url": server, "oauth_pkce_enabled": True},
        }
    ]


DATABASES = {"default": read_database("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: what REDIS_URL names, or the embedded server's socket
REDIS_SOCKET = choose_socket_path(VAR_DIR)
REDIS_URL = read_redis("REDIS_URL", f"unix://{REDIS_SOCKET}")
REDIS_IS_EMBEDDED = not read_text("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
# A wake-up carries ids as JSON; a pickle from whoever reached Redis would run as code.
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = DEFAULT
# What a wake-up is for says which workers hear it; the names stand in dispatch/queues.py.
CELERY_TASK_ROUTES = {"masthead.dispatch.send_batches": {"queue": SEND}}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"

# --- Django
INSTALLED_APPS = [
    # The admin's pages are loaded by the addresses alone: no worker needs them (see urls).
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_structlog",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "axes",
    "django_htmx",
    "subscribers",
    "mailer",
]
MIDDLEWARE = [
    "django_structlog.middlewares.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mailer.web.desk.language.speak_english",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "mailer.web.desk.sessions.follow_sessions",
    # The last: it turns what the log-in refused into a page.
    "axes.middleware.AxesMiddleware",
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
ROOT_URLCONF = "mailer.urls"
WSGI_APPLICATION = "mailer.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
PASSWORD_RULES = "django.contrib.auth.password_validation"  # noqa: S105 - a module, not a password
AUTHENTICATION_BACKENDS = [
    # The first: it refuses whoever guesses before a password is looked at.
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{PASSWORD_RULES}.UserAttributeSimilarityValidator"},
    {"NAME": f"{PASSWORD_RULES}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{PASSWORD_RULES}.CommonPasswordValidator"},
]

# --- who works here: accounts are made by an admin, never by whoever finds the page
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk:publications"
ACCOUNT_ADAPTER = "mailer.web.desk.accounts.Accounts"
SOCIALACCOUNT_ADAPTER = "mailer.web.desk.accounts.SingleSignOn"
ACCOUNT_FORMS = {"login": "mailer.web.desk.accounts.LogInForm"}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_CHANGE_EMAIL = True
# Beside those of axes, which outlive the process and know proxies: many guesses from anywhere.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,50/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Masthead"
# Browsers know passkeys on https and on this machine; the library asks to be told of the latter.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
USERSESSIONS_TRACK_ACTIVITY = True
# Somebody whom an admin has let in may come by single sign-on, if the provider vouches for the
# address; nobody else gets an account by it.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": read_sign_on()}}
# Guesses are counted by address and person together: else anybody could lock anybody out.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = dt.timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
AXES_CLIENT_IP_CALLABLE = "subscribers.web.peers.find_peer"
EMAIL_BACKEND = "mailer.dispatch.letters.post.Post"
DEFAULT_FROM_EMAIL = read_text("MASTHEAD_DESK_SENDER", f"masthead@{PUBLIC_HOST}")

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("fr", "français"),
    ("es", "español"),
    ("ru", "русский"),
    ("ar", "العربية"),
    ("zh-hans", "简体中文"),
]
LOCALE_PATHS = [BASE_DIR / "subscribers" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = make_folder("MASTHEAD_VAR", VAR_DIR / "static")
WHITENOISE_USE_FINDERS = True
MEDIA_URL = "pictures/"

# --- who watches
METRICS_TOKEN = read_text("MASTHEAD_METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise InvalidSetting(
        "MASTHEAD_METRICS_TOKEN is too short: write at least 20 random characters."
    )
LOG_LEVEL = read_choice("MASTHEAD_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = read_choice("MASTHEAD_LOG_FORMAT", "text", FORMATS)
LOGGING = describe_logging(level=LOG_LEVEL, form=LOG_FORMAT)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
# A wake-up comes every few seconds: that it came is said to who looks for a fault.
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# Who asked is looked up in the database; a page that needs nobody must not need that.
DJANGO_STRUCTLOG_USER_ID_FIELD = ""
