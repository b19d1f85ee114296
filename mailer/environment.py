"""Reading settings from the environment: each value is checked when the process starts.

A bad value is refused with one sentence that names the variable, what is wrong, and the remedy.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from mailer.errors import InvalidSetting
from mailer.providers import PROVIDERS

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
LOOPBACK_OF_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what others listen on
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A host, perhaps a port, perhaps a path: what stands in headers and links as it is.
PUBLIC_URL = re.compile(
    r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/%-]*)?"
)
# A Unix socket's path is limited to 104-108 octets by the systems we run on (sockaddr_un).
LONGEST_SOCKET_PATH = 100
# Every variable that was asked for: what else is set under our prefix nobody reads.
ASKED: set[str] = set()


def read_text(name: str, default: str = "") -> str:
    """Return the variable's value without surrounding white space, or the default."""
    ASKED.add(name)
    return os.environ.get(name, "").strip() or default


def read_flag(name: str, *, default: bool) -> bool:
    """Return a yes/no variable as a bool."""
    text = read_text(name).lower()
    if not text:
        return default
    if text in {"1", "yes", "true", "on"}:
        return True
    if text in {"0", "no", "false", "off"}:
        return False
    raise InvalidSetting(f"{name} is {text!r}: write yes or no.")


def read_number(name: str, default: int, *, low: int, high: int) -> int:
    """Return a whole number between ``low`` and ``high``, both included."""
    text = read_text(name, str(default))
    if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
        raise InvalidSetting(f"{name} is {text!r}: write a whole number from {low} to {high}.")
    return int(text)


def parse_duration(name: str, text: str) -> int:
    """Return the seconds that a duration such as ``30s``, ``5m``, ``2h`` or ``1d`` stands for."""
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text.strip())
    if not match:
        raise InvalidSetting(f"{name} is {text!r}: write a duration such as 30s, 5m, 2h or 1d.")
    return int(match[1]) * UNIT_SECONDS[match[2]]


def read_duration(name: str, default: str) -> int:
    """Return a duration variable in seconds, which must be more than nothing."""
    seconds = parse_duration(name, read_text(name, default))
    if seconds == 0:
        raise InvalidSetting(f"{name} is zero: write a duration such as 30s, 5m, 2h or 1d.")
    return seconds


def read_durations(name: str, default: str) -> tuple[int, ...]:
    """Return a comma-separated list of durations, in seconds."""
    return tuple(parse_duration(name, part) for part in read_text(name, default).split(","))


def read_public_url(name: str, default: str) -> str:
    """Return the address under which readers reach the public pages, without a last slash.

    It must be HTTPS (RFC 8058 §3.1 asks it of one-click links); plain HTTP is taken for
    loopback hosts only, where no certificate can be had.
    """
    url = read_text(name, default).rstrip("/")
    parts = _split(url)
    if "@" in parts.netloc:
        raise InvalidSetting(
            f"{name} has a user or a password, which every reader would see: "
            "write an address such as https://news.example.org."
        )
    if not PUBLIC_URL.fullmatch(url) or not parts.hostname:
        raise InvalidSetting(
            f"{name} is {url!r}: write an address such as https://news.example.org, "
            "an international name in its xn-- form."
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise InvalidSetting(f"{name} is {url!r}: readers' links must start with https://.")
    return url


def read_webhook(name: str, key: str) -> str:
    """Return what proves a mail service's events, or nothing; a bad one stays out of the error."""
    secret = read_text(name)
    provider = next(each for each in PROVIDERS if each.key == key)
    if secret and not provider.secret.fullmatch(secret):
        raise InvalidSetting(f"{name} can't be right: write {provider.wanted}.")
    return secret


def read_domain(name: str, default: str) -> str:
    """Return a mail domain in lower case, ASCII (an IDN is given in its xn-- form)."""
    domain = read_text(name, default).lower()
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if not re.fullmatch(rf"{label}(\.{label})*", domain):
        raise InvalidSetting(f"{name} is {domain!r}: write a domain such as bounces.example.org.")
    return domain


def read_listen(name: str, default: str) -> tuple[str, int]:
    """Return the host and port of a HOST:PORT variable."""
    text = read_text(name, default)
    host, _, port = text.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise InvalidSetting(f"{name} is {text!r}: write HOST:PORT, such as 127.0.0.1:8025.")
    return host.strip("[]"), int(port)


def write_listen_url(host: str, port: int) -> str:
    """Return where a server that listens there is found: one that listens everywhere, here."""
    host = LOOPBACK_OF_ALL.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def choose_public_url(host: str, port: int) -> str:
    """Return the address of a site that has none for readers yet, on this machine alone.

    Plain HTTP is for loopback: a server that listens on an outer address is not named by it.
    """
    url = write_listen_url(host, port)
    return url if urlsplit(url).hostname in LOOPBACK_HOSTS else f"http://127.0.0.1:{port}"


def read_networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks of a comma-separated variable; none where it is empty."""
    parts = [part.strip() for part in read_text(name).split(",") if part.strip()]
    try:
        return tuple(ip_network(part, strict=False) for part in parts)
    except ValueError as error:
        raise InvalidSetting(
            f"{name} has a part that is no network: {error}. Write 10.0.0.0/8,::1."
        ) from error


def read_mailbox(name: str) -> str:
    """Return the address of an IMAP mailbox, or nothing; the password stays out of any error."""
    url = read_text(name)
    parts = _split(url)
    named = parts.scheme in {"imap", "imaps"} and parts.hostname and parts.username
    if url and not (named and parts.password):
        raise InvalidSetting(
            f"{name} is no mailbox: write imaps://user:password@imap.example.org/INBOX, with "
            "%40 for an @ in the user's name or the password."
        )
    return url


def read_redis(name: str, default: str) -> str:
    """Return a Redis server's address, or nothing; its password stays out of any error."""
    url = read_text(name, default)
    parts = _split(url)
    if not url or (parts.scheme == "unix" and parts.path):
        return url
    known = parts.scheme in {"redis", "rediss"} and parts.hostname
    if not known or not re.fullmatch(r"/?[0-9]{0,4}", parts.path):
        raise InvalidSetting(
            f"{name} is no Redis address: write redis://host:6379/0, rediss://… or unix:///path."
        )
    return url


def _split(url: str) -> SplitResult:
    """Return an address' parts, all of them empty if it is none."""
    try:
        parts = urlsplit(url)
        good = parts.port != 0  # reading it raises ValueError for more than 65535
    except ValueError:
        good = False
    return parts if good else urlsplit("")


def read_folder(name: str, default: str, *, base: Path) -> Path:
    """Return a folder, made if it is missing; a relative one is in ``base``.

    So every process means the same folder, wherever it was started.
    """
    return make_folder(name, base / read_text(name, default))


def make_folder(name: str, path: Path) -> Path:
    """Make a folder that the named variable asks for, and return its whole path."""
    try:
        folder = path.resolve()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        why = getattr(error, "strerror", None) or "its links lead nowhere"
        raise InvalidSetting(
            f"{name} needs the folder {str(path)!r}, which can't be made ({why}): "
            "name a folder of yours."
        ) from error
    return folder


def anchor_sqlite(name: str, base: Path) -> str:
    """Return a database file's whole path, a relative one in ``base``; no file has none."""
    return name if name == ":memory:" else str(base / name)


def read_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """Return a variable that must be one of ``choices``."""
    text = read_text(name, default)
    if text not in choices:
        raise InvalidSetting(f"{name} is {text!r}: write one of {', '.join(choices)}.")
    return text


def load_env_file(path: Path) -> None:
    """Set the variables that an ``.env`` file names and the environment does not."""
    if not path.is_file():
        return
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidSetting(f"{path.name} is no text: save it as UTF-8.") from error
    except OSError as error:
        raise InvalidSetting(
            f"{path.name} can't be read ({error.strerror}): let its reader be who runs this."
        ) from error
    for number, line in enumerate(lines, start=1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        name, separator, value = entry.partition("=")
        if not separator or not VARIABLE.fullmatch(name.strip()):
            raise InvalidSetting(f"{path.name}:{number} names no variable: write NAME=value.")
        if "\0" in value:
            raise InvalidSetting(f"{path.name}:{number} has a NUL character: remove it.")
        os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def keep_secret(path: Path) -> str:
    """Return the secret kept in a file that only its owner can read, making it once."""
    try:
        return _read_or_make(path)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(
            f"{path} can't be kept ({getattr(error, 'strerror', 'it is no text')}): "
            "set MASTHEAD_VAR to a folder of yours, or MASTHEAD_SECRET_KEY."
        ) from error


def _read_or_make(path: Path) -> str:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)  # fails if another process was first: then its secret counts
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii").strip()


def choose_socket_path(folder: Path) -> Path:
    """Return the path of the embedded Redis' socket, short enough for the system."""
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(f"/tmp/masthead-{os.getuid()}-{digest}") / "redis.sock"  # noqa: S108 - a 0700 folder
