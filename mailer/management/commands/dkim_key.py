"""``./masthead manage dkim_key``: make, list, show, activate and retire the keys that sign mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction
from django.utils import timezone

from mailer.errors import MastheadError
from mailer.message.signing_keys import Algorithm, split_record
from mailer.models.dkim import DkimKey


class Command(BaseCommand):
    help = "Make, list, show, activate and retire the keys that sign mail (DKIM)."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a key and print its DNS record")
        create.add_argument("domain", help="the sender's domain, or one above it")
        create.add_argument("--selector", help="the key's own name, such as s1")
        create.add_argument("--algorithm", choices=list(Algorithm), default=Algorithm.RSA)
        verbs.add_parser("list", help="say which keys there are")
        for verb, summary in (
            ("show", "print a key's DNS record again"),
            ("activate", "sign with a key from now on, its record being published"),
            ("retire", "sign with a key no longer"),
        ):
            one = verbs.add_parser(verb, help=summary)
            one.add_argument("domain")
            one.add_argument("selector")

    def handle(self, *_: Any, **options: Any) -> None:
        verbs: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "create": self._create,
            "list": self._list,
            "show": self._show,
            "activate": self._activate,
            "retire": self._retire,
        }
        try:
            verbs[options["verb"]](options)
        except MastheadError as error:
            raise CommandError(str(error)) from error

    def _create(self, options: Mapping[str, Any]) -> None:
        now = timezone.now()
        algorithm = Algorithm(options["algorithm"])
        selector = options["selector"] or f"{algorithm}-{now:%Y%m%d}"
        try:
            with transaction.atomic():
                key = DkimKey.make(
                    options["domain"], algorithm=algorithm, now=now, selector=selector
                )
        except IntegrityError as error:
            raise CommandError(
                f"{selector} is taken in {options['domain']}: choose another --selector."
            ) from error
        self._print_record(key)
        self.stdout.write(
            "Publish this record. When the world sees it, begin to sign:\n"
            f"  ./masthead manage dkim_key activate {key.domain} {key.selector}"
        )

    def _list(self, _: Mapping[str, Any]) -> None:
        for key in DkimKey.objects.all():
            state = "signs" if key.active else "does not sign"
            self.stdout.write(f"{key.host}  {key.algorithm}  {key.created_at:%Y-%m-%d}  {state}")

    def _show(self, options: Mapping[str, Any]) -> None:
        self._print_record(_find(options))

    def _activate(self, options: Mapping[str, Any]) -> None:
        key = _find(options)
        key.signer()  # a key that can't be read must not stop every mailing
        self._switch(key, active=True)

    def _retire(self, options: Mapping[str, Any]) -> None:
        self._switch(_find(options), active=False)
        self.stdout.write("Leave its record published for a week: mail under way is checked by it.")

    def _switch(self, key: DkimKey, *, active: bool) -> None:
        key.active = active
        key.save(update_fields=["active"])
        does = "signs" if active else "no longer signs"
        self.stdout.write(f"{key.host} {does}; every worker knows it within a minute.")

    def _print_record(self, key: DkimKey) -> None:
        record = key.record()
        self.stdout.write(f"Host:  {key.host}\nType:  TXT\nValue: {record}\n")
        self.stdout.write(f"Zone file:\n{key.host}. 3600 IN TXT ( {split_record(record)} )\n")


def _find(options: Mapping[str, Any]) -> DkimKey:
    domain, selector = options["domain"].lower(), options["selector"].lower()
    key = DkimKey.objects.filter(domain=domain, selector=selector).first()
    if key is None:
        raise CommandError(f"There is no key {selector} of {domain}: see dkim_key list.")
    return key
