"""The project's files say the same: settings, commands, lock and compose file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from subscribers.engagement import WORDS
from subscribers.operators import ATTRIBUTE, INSTANT, LONGEST_VALUE
from subscribers.segments import DEEPEST, FIELDS, MOST_TESTS, MOST_VALUES, SEGMENT
from tests.conftest import ROOT

SEGMENTS = (ROOT / "docs/segments.md").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SETTINGS = set(re.findall(r'read_\w+\(\s*"([A-Z_]+)"', (ROOT / "mailer/settings.py").read_text()))


def test_every_setting_is_documented_and_none_is_invented():
    documented = re.findall(
        r"^\| `([A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE
    )

    assert set(documented) == SETTINGS
    assert len(SETTINGS) > 10


def test_the_example_names_every_setting():
    named = re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert set(named) == SETTINGS


def test_every_command_is_documented():
    shown = subprocess.run(
        [sys.executable, ROOT / "masthead", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"^  (\w+) {2,}", shown, re.MULTILINE)
    documented = (ROOT / "docs/commands.md").read_text()

    assert len(commands) >= 8
    assert [name for name in commands if f"`./masthead {name}`" not in documented] == []


def test_the_compose_file_has_the_shape_of_one():
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]

    done = subprocess.run(
        [*check, ROOT / "docker-compose.yml"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_the_readmes_examples_run(tmp_path):
    blocks = re.findall(
        r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    lines = [line.partition("#")[0].split() for line in "".join(blocks).splitlines() if line]
    examples = [" ".join(words[1:]) for words in lines]
    # What runs this test, and what tests of its own start as an example says.
    elsewhere = {"test", "check", "demo", "serve"}

    assert elsewhere < set(examples)
    for example in set(examples) - elsewhere:
        words = example.replace("/tmp", str(tmp_path)).split()
        done = subprocess.run(
            [sys.executable, ROOT / "masthead", *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode in ({0, 1} if words == ["doctor"] else {0}), done.stderr
        assert "Traceback" not in done.stderr


def test_the_readmes_examples_are_known_commands():
    blocks = re.findall(
        r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    named = re.findall(r"^\./masthead (\w+)", "\n".join(blocks), re.MULTILINE)
    shown = subprocess.run(
        [sys.executable, ROOT / "masthead", "--help"], capture_output=True, text=True, check=True
    ).stdout

    assert len(named) >= 6
    assert set(named) - set(re.findall(r"^  (\w+) {2,}", shown, re.MULTILINE)) == set()


def test_every_field_and_operator_of_a_rule_is_documented_and_none_is_invented():
    rows = re.findall(r"^\| `([\w.]+)` \| (`.*?`) \|", SEGMENTS, re.MULTILINE)
    documented = {field: re.findall(r"`(\w+)`", operators) for field, operators in rows}
    known = {field: list(operators) for field, (operators, _) in FIELDS.items()}
    explained = re.findall(r"^\| `(\w+)` \| (?!`)", SEGMENTS, re.MULTILINE)

    of_kinds = {"attributes.NAME": list(ATTRIBUTE), "joined.LIST": list(INSTANT)}
    read = {word: ["in_last"] for word in WORDS}
    assert documented == known | of_kinds | read | {SEGMENT: ["equals"]}
    assert set(explained) == {name for names in documented.values() for name in names}


def test_the_limits_of_a_rule_are_documented():
    assert f"at most {DEEPEST} deep and has at most {MOST_TESTS} tests" in SEGMENTS
    assert f"{MOST_VALUES:,} values" in SEGMENTS
    assert f"at most {LONGEST_VALUE} characters" in SEGMENTS


def test_the_hook_before_a_commit_is_the_fast_gate_and_fetches_nothing():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]

    assert [each["repo"] for each in hooks] == ["local"]
    assert [each["entry"] for each in hooks[0]["hooks"]] == ["./masthead check --fast"]


def test_an_unknown_command_is_refused_in_one_sentence():
    done = subprocess.run(
        [sys.executable, ROOT / "masthead", "sned"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["runtime", "pdf", "dev"])
def test_the_lock_has_hashes_and_no_address(name):
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()

    assert "://" not in lock
    assert lock.count("--hash=sha256:") > 100


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md"], ids=str)
def test_links_between_documents_lead_somewhere(path: Path):
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", path.read_text())

    assert [link for link in links if not (path.parent / link).exists()] == []


def test_one_beat_and_many_senders():
    assert COMPOSE["services"]["beat"]["deploy"]["replicas"] == 1
    assert not {"ports", "container_name"} & COMPOSE["services"]["sender"].keys()


def test_every_service_is_watched_or_ends_by_itself():
    unwatched = [name for name, each in COMPOSE["services"].items() if "healthcheck" not in each]

    assert unwatched == ["migrate"]


def test_images_are_pinned_and_ports_are_loopback():
    for name, service in COMPOSE["services"].items():
        assert not service["image"].endswith(":latest"), name
        assert ":" in service["image"], name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_mail_that_comes_back_is_taken_on_loopback_by_a_locked_down_service():
    inbound = COMPOSE["services"]["inbound"]

    assert inbound["command"] == ["python", "manage.py", "inbound"]
    assert inbound["ports"] == ["127.0.0.1:8025:8025"]
    assert inbound["read_only"] is True
    assert inbound["cap_drop"] == ["ALL"]


def test_no_mail_goes_to_the_catch_all_unless_somebody_says_so():
    variables = COMPOSE["services"]["sender"]["environment"]

    assert COMPOSE["services"]["mailpit"]["profiles"] == ["dev"]
    assert [name for name, value in variables.items() if "mailpit" in str(value)] == []
