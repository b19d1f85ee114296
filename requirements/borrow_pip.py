"""Install uv by the pip of Debian's package, unpacked into a folder and not installed.

Debian's Python comes without pip and without venv, but apt is there: anybody may fetch a
package by it into a folder of their own, from the mirrors that the machine is configured for,
and apt has checked its signatures. What pip then installs must have one of the lock's hashes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("python3-pip-whl", "ca-certificates")
# Debian's pip trusts the system's certificate authorities, and there may be none.
START_PIP = """\
import pathlib, sys
wheel, authorities, *sys.argv[1:] = sys.argv[1:]
sys.path.insert(0, wheel)
from pip._vendor import certifi
if not pathlib.Path(certifi.where()).exists():
    certifi.where = lambda: authorities
from pip._internal.cli.main import main
sys.exit(main())
"""


def main(lock: Path, site: Path, folder: Path) -> int:
    """Install what the lock names into ``site``, by a pip unpacked in ``folder``."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    fetch_packages(folder)
    for package in folder.glob("*.deb"):
        run(["dpkg-deb", "--extract", package, folder])
    pips = sorted(folder.glob("usr/share/python-wheels/pip-*.whl"))
    if not pips:
        return 1
    options = ["--quiet", "--only-binary", ":all:", "--require-hashes", "--root-user-action=ignore"]
    pip = [sys.executable, "-c", START_PIP, pips[-1], write_authorities(folder)]
    code = run([*pip, "install", *options, "-r", lock, "--target", site])
    shutil.rmtree(folder)
    return code


def fetch_packages(folder: Path) -> None:
    """Fetch the packages with lists of our own: the system's may be empty, and are not ours."""
    lists, cache = folder / "lists", folder / "cache"
    for each in (lists, cache):
        (each / "partial").mkdir(parents=True, exist_ok=True)
    places = [f"Dir::State::Lists={lists}", f"Dir::Cache={cache}", "APT::Sandbox::User="]
    apt = ["apt-get", "-qq", *(word for place in places for word in ("-o", place))]
    run([*apt, "update"])
    run([*apt, "download", *PACKAGES], folder=folder)


def write_authorities(folder: Path) -> Path:
    """Write the certificates of Debian's package into one file, as pip wants them."""
    bundle = folder / "authorities.pem"
    found = sorted(folder.glob("usr/share/ca-certificates/**/*.crt"))
    bundle.write_text("".join(path.read_text(encoding="utf-8") for path in found), encoding="utf-8")
    return bundle


def run(command: list[object], folder: Path | None = None) -> int:
    """Run a command, in a folder if one is named, and return its exit code."""
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, check=False).returncode  # noqa: S603 - no shell


if __name__ == "__main__":
    sys.exit(main(*(Path(word) for word in sys.argv[1:4])))
