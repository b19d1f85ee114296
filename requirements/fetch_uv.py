"""Fetch uv with nothing but Python's standard library, where neither venv nor pip is there.

The package index is the one that this machine is configured for, as pip and uv read it: from
the environment, or from pip's configuration file. No address stands in here. What is fetched
must have one of the hashes of the lock.
"""

from __future__ import annotations

import configparser
import hashlib
import io
import os
import platform
import re
import sys
import urllib.request
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

TIMEOUT_SECONDS = 60
VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
PIP_FILES = ("/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf")


class Links(HTMLParser):
    """Collect the addresses of an index page's links (PEP 503)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where a link leads."""
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def main(lock: Path, folder: Path) -> int:
    """Write uv's program into a folder; return 1, saying why, if that can't be done."""
    index = find_index()
    if not index:
        return 1
    try:
        wheel = fetch_wheel(f"{index.rstrip('/')}/uv/", lock.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"masthead: uv can't be fetched from the package index: {error}\n")
        return 1
    write_program(wheel, folder)
    return 0


def find_index() -> str:
    """Return the address of the configured package index, or nothing."""
    for name in VARIABLES:
        if os.environ.get(name):
            return os.environ[name]
    found = ""
    for path in [*PIP_FILES, os.environ.get("PIP_CONFIG_FILE", "")]:
        settings = configparser.RawConfigParser()
        settings.read(Path(path).expanduser() if path else [], encoding="utf-8")
        found = settings.get("global", "index-url", fallback=found)
    return found


def fetch_wheel(page: str, lock: str) -> bytes:
    """Return the locked wheel of uv for this machine; ValueError if it is not there."""
    version = re.search(r"^uv==(\S+)", lock, re.MULTILINE)
    hashes = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", lock))
    links = Links()
    links.feed(fetch(page).decode())
    for link in links.found:
        name = unquote(urlsplit(link).path.rpartition("/")[2])
        if version and name.startswith(f"uv-{version[1]}-") and fits(name):
            data = fetch(urljoin(page, link))
            if hashlib.sha256(data).hexdigest() in hashes:
                return data
    raise ValueError("it has no file that the lock names for this machine")


def fits(name: str) -> bool:
    """Return whether a wheel's name says that it is for this machine."""
    libc = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    system = "macosx" if sys.platform == "darwin" else libc
    return name.endswith(".whl") and system in name and f"_{platform.machine()}" in name


def fetch(address: str) -> bytes:
    """Return what stands at an address of the web; the index' password may stand in it."""
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"}:
        raise ValueError("its address must start with https://")
    opener = urllib.request.build_opener()
    if parts.username:
        passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        address = bare.geturl()
        user, password = unquote(parts.username), unquote(parts.password or "")
        passwords.add_password(None, address, user, password, is_authenticated=True)
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    with opener.open(address, timeout=TIMEOUT_SECONDS) as answer:
        return bytes(answer.read())


def write_program(wheel: bytes, folder: Path) -> None:
    """Take the program out of the wheel and make it executable."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".data/scripts/uv"))
        program = folder / "uv"
        fresh = folder / f"uv.{os.getpid()}"
        fresh.write_bytes(archive.read(name))
        fresh.chmod(0o755)
        fresh.replace(program)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
