"""What is found about senders, good and bad, each with the record that would mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from mailer.domains.examine import examine, examine_another
from mailer.domains.findings import Finding, Key, Level, Sender
from mailer.domains.spf import count_lookups
from mailer.errors import LookupFailed

HOST = "s1._domainkey.harbour.example"
RECORD = "v=DKIM1; k=rsa; p=AAAA"
BOUNCES = "bounces.harbour.example"
SENDER = Sender(
    domain="harbour.example",
    bounce_domain=BOUNCES,
    keys=(Key(host=HOST, record=RECORD),),
    servers=("mail.harbour.example",),
)
GOOD = {
    (BOUNCES, "TXT"): ["v=spf1 a:mail.harbour.example -all", "something else"],
    (BOUNCES, "MX"): ["10 mx.harbour.example."],
    (HOST, "TXT"): ["v=DKIM1; k=rsa; p=AA AA"],
    ("_dmarc.harbour.example", "TXT"): ["v=DMARC1; p=reject"],
    ("mail.harbour.example", "A"): ["8.8.4.4"],
    ("4.4.8.8.in-addr.arpa.", "PTR"): ["mail.harbour.example."],
    (f"_mta-sts.{BOUNCES}", "TXT"): ["v=STSv1; id=7"],
}
Zone = Mapping[tuple[str, str], Sequence[str]]


def find(about: str, change: Zone | None = None, sender: Sender = SENDER) -> list[Finding]:
    zone = {**GOOD, **(change or {})}

    def look(name: str, kind: str) -> Sequence[str]:
        values = zone.get((name, kind), ())
        if "silent" in values:
            raise LookupFailed(f"{name} can't be looked up.")
        return values

    return [each for each in examine(sender, look) if each.about == about]


def levels(findings: list[Finding]) -> list[str]:
    return [each.level.value for each in findings]


@pytest.mark.parametrize("about", ["SPF", "DKIM", "DMARC", "The way back", "Server name", "TLS"])
def test_a_sender_that_is_set_up_well_has_nothing_to_mend(about):
    found = find(about)

    assert set(levels(found)) == {"good"}
    assert [each.value for each in found if each.value] == []


@pytest.mark.parametrize("about", ["SPF", "DKIM", "DMARC", "The way back", "Server name", "TLS"])
def test_where_nobody_answers_the_others_are_examined_all_the_same(about):
    place = {
        "SPF": (BOUNCES, "TXT"),
        "DKIM": (HOST, "TXT"),
        "DMARC": ("_dmarc.harbour.example", "TXT"),
        "The way back": (BOUNCES, "MX"),
        "Server name": ("mail.harbour.example", "A"),
        "TLS": (f"_mta-sts.{BOUNCES}", "TXT"),
    }[about]

    assert levels(find(about, {place: ["silent"]})) == ["unknown"]


@pytest.mark.parametrize(
    ("records", "level", "words"),
    [
        ([], "error", "does not say who may send"),
        (["v=spf1 -all", "v=spf1 mx -all"], "error", "2 SPF records"),
        (["v=spf1 +all"], "error", "lets anybody"),
        (["v=spf1 a all"], "error", "lets anybody"),
        (["v=spf1 mx ?all"], "warning", "forbids nobody"),
        (["v=spf1 mx"], "warning", "forbids nobody"),
        (["v=spf1 mx ~all"], "good", "nobody else may"),
        (["V=SPF1 redirect=_spf.harbour.example"], "good", "nobody else may"),
        ([f"v=spf1 {' '.join(f'a:h{n}.example' for n in range(11))} -all"], "error", "11 look-ups"),
        (["v=spf10 -all"], "error", "does not say"),
    ],
)
def test_spf(records, level, words):
    [finding] = find("SPF", {(BOUNCES, "TXT"): records})

    assert finding.level == level
    assert words in finding.words


def test_the_record_that_is_wanted_names_the_servers():
    [finding] = find("SPF", {(BOUNCES, "TXT"): []})
    [vague] = find("SPF", {(BOUNCES, "TXT"): []}, replace(SENDER, servers=()))

    assert (finding.name, finding.kind) == (BOUNCES, "TXT")
    assert finding.value == "v=spf1 a:mail.harbour.example -all"
    assert vague.value == "v=spf1 a:the.mail.server -all"


def test_includes_that_go_round_in_a_circle_end():
    asked = []

    def look(name: str, kind: str) -> Sequence[str]:
        asked.append((name, kind))
        return ["v=spf1 include:b.example include:a.example exists:%{i}.c.example mx/24 -all"]

    assert count_lookups("a.example", look) == 11
    assert len(asked) < 30


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "is not published"),
        (["unrelated"], "is not published"),
        (["v=DKIM1; p=BBBB"], "another key"),
        (["v=DKIM1; k=rsa; p="], "another key"),
        (["v=DKIM1; sp=AAAA"], "another key"),
        (["v=DKIM1; p=AAAA", "v=DKIM1; p=BBBB"], "2 records"),
    ],
)
def test_dkim(records, words):
    [finding] = find("DKIM", {(HOST, "TXT"): records})

    assert finding.level == Level.ERROR
    assert words in finding.words
    assert (finding.name, finding.value) == (HOST, RECORD)


def test_without_a_key_one_is_to_be_made():
    [finding] = find("DKIM", sender=replace(SENDER, keys=()))

    assert finding.level == Level.ERROR
    assert "dkim_key create harbour.example" in finding.words


@pytest.mark.parametrize(
    ("records", "level", "words"),
    [
        ([], "error", "has no policy"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "error", "2 policies"),
        (["v=DMARC1; p=none; rua=mailto:a@b.example"], "warning", "p=none"),
        (["v=DMARC1;"], "warning", "p=nothing"),
        (["V = DMARC1 ; P = quarantine"], "good", "quarantine"),
    ],
)
def test_dmarc(records, level, words):
    finding = find("DMARC", {("_dmarc.harbour.example", "TXT"): records})[0]

    assert finding.level == level
    assert words in finding.words


def test_the_policy_of_the_domain_above_holds_too():
    sender = replace(SENDER, domain="news.harbour.example")

    assert levels(find("DMARC", sender=sender)) == ["good", "good"]


@pytest.mark.parametrize(
    ("sender", "level", "words"),
    [
        (SENDER, "good", "signature"),
        (replace(SENDER, keys=()), "good", "envelope"),
        (replace(SENDER, keys=(), bounce_domain="mailer.example"), "error", "Nothing speaks"),
    ],
)
def test_something_must_speak_for_the_domain_that_readers_see(sender, level, words):
    finding = find("DMARC", sender=sender)[-1]

    assert finding.level == level
    assert words in finding.words


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({(BOUNCES, "MX"): []}, "error", "no mail server"),
        ({(BOUNCES, "MX"): ["0 ."]}, "error", "takes no mail"),
        ({(BOUNCES, "MX"): [], (BOUNCES, "A"): ["8.8.4.4"]}, "good", "itself"),
        ({(BOUNCES, "MX"): [], (BOUNCES, "AAAA"): ["2600::1"]}, "good", "itself"),
    ],
)
def test_the_way_back(change, level, words):
    [finding] = find("The way back", change)

    assert finding.level == level
    assert words in finding.words


def test_an_address_without_a_name_is_told_with_the_record():
    [finding] = find("Server name", {("4.4.8.8.in-addr.arpa.", "PTR"): ["elsewhere.example."]})

    assert finding.level == Level.ERROR
    assert (finding.name, finding.kind) == ("4.4.8.8.in-addr.arpa", "PTR")
    assert finding.value == "mail.harbour.example"


@pytest.mark.parametrize("server", ["localhost", "127.0.0.1", "10.1.2.3", "fd00::1"])
def test_of_a_server_in_ones_own_network_nothing_is_known(server):
    [finding] = find("Server name", sender=replace(SENDER, servers=(server,)))

    assert finding.level == Level.UNKNOWN
    assert "your own network" in finding.words


def test_a_server_without_an_address_is_told():
    [finding] = find("Server name", {("mail.harbour.example", "A"): []})

    assert finding.level == Level.ERROR


def test_that_mail_may_come_back_in_the_clear_is_a_note():
    [finding] = find("TLS", {(f"_mta-sts.{BOUNCES}", "TXT"): []})

    assert finding.level == Level.NOTE
    assert finding.name == f"_mta-sts.{BOUNCES}"


def test_of_another_domain_keys_and_policy_are_asked_for_alone():
    other = replace(SENDER, domain="list.example", keys=())
    found = examine_another(other, lambda name, kind: GOOD.get((name, kind), ()))

    assert {each.about for each in found} == {"DKIM", "DMARC"}
    assert {each.level for each in found} == {Level.ERROR}
    assert "list.example" in found[0].words


def test_another_domain_that_is_set_up_well_has_nothing_to_mend():
    found = examine_another(SENDER, lambda name, kind: GOOD.get((name, kind), ()))

    assert {each.level for each in found} == {Level.GOOD}
