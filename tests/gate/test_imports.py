"""A process loads what it needs to begin, and the rest where it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

BEGINNINGS = {
    "web": "import mailer.wsgi, mailer.urls",
    "worker": "from mailer.celery import app; app.loader.init_worker(); app.finalize()",
}
# Each takes from a tenth to a third of a second to load, of each of ten processes: spreadsheets,
# Word files, PDF.
SELDOM = {"openpyxl", "mammoth", "weasyprint"}
# A worker serves no page: neither these, nor the second factor of who logs in.
PAGES = {"mailer.urls", "mailer.web.urls", "subscribers.web.urls", "fido2", "prometheus_client"}


def list_modules(beginning: str) -> set[str]:
    """Return the modules that a new process has loaded after its beginning."""
    script = f"{beginning}\nimport sys\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(("name", "unwanted"), [("web", SELDOM), ("worker", SELDOM | PAGES)])
def test_a_process_begins_without_what_it_seldom_or_never_uses(name, unwanted):
    loaded = list_modules(BEGINNINGS[name])

    assert "django" in loaded
    assert loaded & unwanted == set()
