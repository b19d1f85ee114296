"""What pages load of script: as small as promised, and built from what stands beside it."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from tests.conftest import ROOT

BUILT = ROOT / "mailer/static/desk"
SOURCE = ROOT / "mailer/web/desk/script"
BUNDLES = ("editing", "charts")
# As a page's script is sent: compressed.
LARGEST_OCTETS = 100 * 1024
HTMX_OCTETS = 18 * 1024


@pytest.mark.parametrize("name", BUNDLES)
def test_a_page_s_script_is_as_small_as_promised(name):
    sent = (BUILT / f"{name}.js.gz").read_bytes()

    # No page loads two of them; htmx, which some load beside one, is the rest.
    assert len(sent) <= LARGEST_OCTETS - HTMX_OCTETS
    assert gzip.decompress(sent) == (BUILT / f"{name}.js").read_bytes()


def test_the_lock_of_the_script_has_hashes_and_no_registry():
    text = (SOURCE / "package-lock.json").read_text()
    lock = json.loads(text)
    wanted = json.loads((SOURCE / "package.json").read_text())

    assert "resolved" not in text
    assert "registry" not in text
    packages = {path: each for path, each in lock["packages"].items() if path}
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    named = wanted["dependencies"] | wanted["devDependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in named} == named


def test_all_that_is_bundled_has_its_licence():
    lock = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    licences = "\n".join((BUILT / f"{name}.licences.txt").read_text() for name in BUNDLES)

    bundled = dict(re.findall(r"^(@?[a-z0-9./-]+) ([0-9.]+)\n\n(?=\S)", licences, re.MULTILINE))

    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    assert set(wanted) <= set(bundled)
    for name, version in bundled.items():
        assert lock[f"node_modules/{name}"]["version"] == version


@pytest.mark.parametrize("word", ["eval(", "new Function", "http://", "https://unpkg", "cdn."])
def test_the_scripts_load_and_make_no_other(word):
    text = "".join((BUILT / f"{name}.js").read_text() for name in BUNDLES)

    assert word not in text.replace("http://www.w3.org", "")
