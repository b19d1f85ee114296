#!/usr/bin/env python3
"""Run a Django management command of Masthead."""

from __future__ import annotations

import os
import sys

from mailer.embedded.lock import refuse_second_serve
from mailer.management.program import Program
from mailer.start import refuse_bad_settings


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailer.settings")
    with refuse_bad_settings():
        if sys.argv[1:] == ["serve"]:
            refuse_second_serve()
        Program(sys.argv).execute()


if __name__ == "__main__":
    main()
