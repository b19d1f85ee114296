"""Addresses that are put together as texts are those under which the pages stand."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.urls import reverse

from mailer.models import places
from tests.conftest import ROOT

WHO_MAKES_MAIL = """
import sys
import django
django.setup()
import mailer.celery, mailer.dispatch.tasks
from mailer.models import Edition, Issue, Publication
publication = Publication(slug="harbour")
edition = Edition(issue=Issue(publication=publication, number=7), language="en")
assert edition.get_absolute_url() == "/archive/harbour/7/en/"
print("mailer.urls" in sys.modules)
"""


@pytest.mark.parametrize("slug", ["harbour", "harbour_2", "the-harbour"])
def test_a_publication_stands_where_its_address_says(slug):
    assert places.publication_path(slug) == reverse("archive:publication", args=[slug])


@pytest.mark.parametrize("language", ["en", "zh-Hant", "ar"])
def test_an_edition_stands_where_its_address_says(language):
    path = places.edition_path("harbour", 7, language)

    assert path == reverse("archive:edition", args=["harbour", 7, language])


@pytest.mark.parametrize("token", ["5:b-_W4", "5:a%2Fb", "5:a b?c#d"])
def test_what_is_not_in_the_archive_stands_where_its_address_says(token):
    assert places.reading_path(token) == reverse("archive:reading", args=[token])


def test_who_makes_mail_loads_no_page_for_an_address():
    told = subprocess.run(
        [sys.executable, "-c", WHO_MAKES_MAIL],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.split()[-1] == "False"
