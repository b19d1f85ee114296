"""Writing an issue at the desk: opened, saved, shown, made the edition; by two people at once."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from mailer.models import AuditEntry, Draft, Edition, Issue, Revision, Role
from mailer.web.desk.editing import drafts
from tests.fakes.world import ISSUE_FILE, NOW
from tests.web.desk.test_issues import upload, write

PLACE = ["harbour", 7, "en"]
WRITE = reverse("desk:write", args=PLACE)
PROOF = reverse("desk:proof", args=PLACE)
KEEP = reverse("desk:keep_draft", args=PLACE)


@pytest.fixture
def draft(author, edition) -> Draft:
    author.get(WRITE)
    return Draft.objects.get()


@pytest.fixture
def editor(enter):
    return enter(Role.EDITOR)


def name(draft: Draft, kind: str) -> str:
    return next(part["id"] for part in draft.content["parts"] if part["kind"] == kind)


def save(client, part: str, *, seen: int = 1, script: bool = False, **values: str):
    headers = {"accept": "application/json"} if script else {}
    path = reverse("desk:save_part", args=[*PLACE, part])
    return client.post(path, {"seen": seen, "kind": "prose", **values}, headers=headers)


def press(client, act: str, part: str | None = None, **values: str):
    where = [*PLACE, part] if part else PLACE
    return client.post(reverse(f"desk:{act}", args=where), values)


def text_of(draft: Draft, part: str) -> str:
    draft.refresh_from_db()
    every = [draft.content["head"], *draft.content["parts"]]
    values = next(each["values"] for each in every if each["id"] == part)
    return values.get("markdown") or values.get("subject") or values.get("title", "")


def test_an_edition_is_taken_up_as_a_draft_once(author, draft):
    author.get(WRITE)

    assert Draft.objects.count() == Revision.objects.count() == 1
    assert (draft.revision, draft.is_kept) == (1, True)
    assert [part["kind"] for part in draft.content["parts"]] == ["section", "article", "prose"]


def test_what_is_written_is_kept_and_readers_get_none_of_it(author, draft, edition):
    part = name(draft, "prose")

    answer = save(author, part, markdown="The lamp *turns*.\r\nSlowly.")

    assert answer["Location"] == f"{WRITE}?part={part}"
    assert text_of(draft, part) == "The lamp *turns*.\nSlowly."
    assert Edition.objects.get().content_hash == edition.content_hash
    assert "Written on since" in author.get(reverse("desk:issue", args=PLACE[:2])).content.decode()


def test_a_script_is_told_what_became_of_it(author, draft):
    answer = save(author, name(draft, "prose"), script=True, markdown="").json()

    assert (answer["revision"], answer["seen"]) == (2, 2)
    assert answer["anchor"] == "the-lighthouse-is-lit-again"
    assert "Write something, or delete this text." in answer["findings"]
    assert "unfinished" in answer["outline"]
    assert "1 thing left to do" in answer["todo"]


def test_saving_what_is_saved_already_changes_nothing(author, draft):
    part = name(draft, "prose")
    same = text_of(draft, part)

    save(author, part, markdown=same)

    draft.refresh_from_db()
    assert draft.revision == 1
    assert not AuditEntry.objects.exists()


def test_the_draft_becomes_the_edition_when_it_is_said_to_be_ready(author, draft, edition):
    save(author, name(draft, "prose"), markdown="The lamp turns.")
    save(author, "head", kind="head", subject="Late spring")

    answer = press(author, "keep_draft")

    assert answer["Location"] == reverse("desk:issue", args=PLACE[:2])
    kept = Edition.objects.get()
    assert "The lamp turns." in kept.source
    assert kept.subject == "Late spring"
    draft.refresh_from_db()
    assert (draft.is_kept, draft.kept_hash) == (True, kept.content_hash)
    acts = list(AuditEntry.objects.order_by("id").values_list("act", flat=True))
    assert acts == ["wrote in a draft", "replaced an edition"]


def test_an_unfinished_draft_becomes_no_edition_and_says_what_is_left(author, draft, edition):
    save(author, name(draft, "article"), kind="article", title="")

    page = author.post(KEEP, follow=True).content.decode()

    assert "be the edition yet" in page
    assert "Write the article\N{RIGHT SINGLE QUOTATION MARK}s title." in page
    assert Edition.objects.get().content_hash == edition.content_hash


def test_two_people_in_different_parts_do_not_meet(author, editor, draft):
    text, title = name(draft, "prose"), name(draft, "article")

    save(author, text, markdown="Mine")
    save(editor, title, kind="article", title="Theirs")

    assert (text_of(draft, text), text_of(draft, title)) == ("Mine", "Theirs")
    assert [each.author for each in draft.revisions.all()] == [
        "editor@desk.example",
        "author@desk.example",
        "author@desk.example",
    ]


def test_of_two_people_in_one_part_the_second_is_shown_both_versions(author, editor, draft):
    part = name(draft, "prose")
    save(editor, part, markdown="Theirs")

    answer = save(author, part, markdown="Mine <b>")

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Two of you wrote here" in page
    assert "editor@desk.example" in page
    assert "Theirs" in page
    assert "Mine &lt;b&gt;" in page
    assert text_of(draft, part) == "Theirs"


def test_what_was_refused_is_in_the_history_and_may_be_kept_after_all(author, editor, draft):
    part = name(draft, "prose")
    save(editor, part, markdown="Theirs")
    refused = save(author, part, script=True, markdown="Mine")
    save(author, part, script=True, markdown="Mine, longer")

    [aside] = Revision.objects.filter(aside=True)
    assert aside.content["parts"][2]["values"]["markdown"] == "Mine, longer"
    assert AuditEntry.objects.filter(act="was put aside in a draft").count() == 1
    assert refused.status_code == 409

    save(author, part, over=str(refused.json()["seen"]), markdown="Mine, longer")

    assert text_of(draft, part) == "Mine, longer"


def test_keeping_mine_is_refused_when_theirs_is_another_by_then(author, editor, draft):
    part = name(draft, "prose")
    save(editor, part, markdown="Theirs")
    seen = save(author, part, script=True, markdown="Mine").json()["seen"]
    save(editor, part, seen=seen, markdown="Theirs, longer")

    again = save(author, part, over=str(seen), markdown="Mine")

    assert again.status_code == 409
    assert text_of(draft, part) == "Theirs, longer"


def test_what_was_written_into_a_deleted_part_is_kept_and_can_be_added_again(author, editor, draft):
    part = name(draft, "prose")
    press(editor, "delete_part", part, seen="1")

    refused = save(author, part, markdown="Mine")

    assert refused.status_code == 409
    assert "deleted while you wrote" in refused.content.decode()
    assert Revision.objects.get(aside=True).content["parts"][-1]["values"]["markdown"] == "Mine"

    save(author, part, anew="1", markdown="Mine")
    assert text_of(draft, part) == "Mine"


def test_parts_are_added_moved_deleted_and_put_back_and_each_act_is_written_down(author, draft):
    text = name(draft, "prose")

    added = press(author, "add_part", kind="quotation", after=text)
    made = added["Location"].rpartition("part=")[2]
    press(author, "move_part", made, to="up")
    moved = [part["id"] for part in Draft.objects.get().content["parts"]]
    gone = press(author, "delete_part", text, seen="1")
    page = author.get(gone["Location"]).content.decode()
    press(author, "restore_part", text)

    assert moved[2:] == [made, text]
    assert "One part is deleted." in page
    assert [part["id"] for part in Draft.objects.get().content["parts"]] == moved
    acts = AuditEntry.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == [
        "added: quotation",
        "moved a part",
        "deleted a part",
        "put back what was deleted",
    ]


def test_a_part_that_another_has_changed_is_not_deleted_unseen(author, editor, draft):
    part = name(draft, "prose")
    save(editor, part, markdown="Theirs")

    answer = press(author, "delete_part", part, seen="1")

    assert "changed this part meanwhile" in author.get(answer["Location"]).content.decode()
    assert text_of(draft, part) == "Theirs"


@pytest.mark.parametrize("kind", ["head", "nonsense", ""])
def test_no_part_of_an_unknown_kind_is_added(author, draft, kind):
    page = author.post(reverse("desk:add_part", args=PLACE), {"kind": kind}, follow=True)

    assert "There is no such kind of part." in page.content.decode()
    assert Draft.objects.get().revision == 1


def test_one_sitting_is_one_revision(author, draft, monkeypatch):
    part = name(draft, "prose")
    for seen, words in ((1, "One"), (2, "One two"), (3, "One two three")):
        save(author, part, seen=seen, markdown=words)
    assert Revision.objects.count() == 2

    monkeypatch.setattr(drafts, "ONE_SITTING", drafts.ONE_SITTING * 0)
    save(author, part, seen=4, markdown="Another day")

    assert Revision.objects.count() == 3


def test_the_history_does_not_grow_for_ever(author, draft, monkeypatch):
    monkeypatch.setattr(drafts, "MOST_REVISIONS", 3)
    for _ in range(6):
        press(author, "add_part", kind="prose")

    assert [each.number for each in Revision.objects.all()] == [7, 6, 5]


def test_a_file_that_was_uploaded_meanwhile_is_offered_and_nothing_is_lost(author, draft):
    part = name(draft, "prose")
    save(author, part, markdown="Mine")
    upload(author, write(number=7, subject="From a file"))

    assert "A file was uploaded since" in author.get(WRITE).content.decode()
    press(author, "take_file")

    assert text_of(draft, "head") == "From a file"
    assert text_of(draft, part) == "After two winters the lamp turns."
    assert "A file was uploaded since" not in author.get(WRITE).content.decode()
    texts = [each.content["parts"][2]["values"]["markdown"] for each in Revision.objects.all()]
    assert "Mine" in texts


def test_one_s_own_draft_can_be_kept_before_the_uploaded_file(author, draft):
    part = name(draft, "prose")
    save(author, part, markdown="Mine")
    upload(author, write(number=7, subject="From a file"))

    press(author, "take_file", mine="1")

    assert text_of(draft, part) == "Mine"
    assert AuditEntry.objects.first().act == "kept a draft before a file"
    assert "A file was uploaded since" not in author.get(WRITE).content.decode()


@pytest.mark.parametrize("view", ["desk", "phone", "dark", "bare", "text"])
def test_the_preview_shows_the_draft_in_a_sandbox(author, draft, view):
    save(author, name(draft, "prose"), markdown="The lamp turns & turns.")

    page = author.get(PROOF, {"view": view})

    assert "The lamp turns &amp; turns." in page.content.decode()
    policy = page["Content-Security-Policy"]
    assert "sandbox" in policy.split("; ")
    assert "default-src 'none'" in policy
    assert ("img-src 'none'" in policy) is (view == "bare")


def test_the_preview_shows_what_is_sound_of_an_unfinished_draft(author, draft):
    save(author, name(draft, "prose"), markdown="a <script>alert(1)</script>")
    press(author, "add_part", kind="prose")

    page = author.get(PROOF).content.decode()

    assert "The lighthouse is lit again" in page
    assert "<script" not in page


def test_dark_is_dark_whatever_the_browser_s_own_colours(author, draft):
    assert "prefers-color-scheme: dark" not in author.get(PROOF, {"view": "dark"}).content.decode()
    assert author.get(PROOF, {"view": "nothing"}).status_code == 404


def test_what_is_written_stays_text_in_the_page_and_in_the_rich_editor(author, draft):
    part = name(draft, "prose")
    save(author, part, markdown="</template><script>alert(1)</script> [x](javascript:alert(1))")

    page = author.get(f"{WRITE}?part={part}").content.decode()

    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
    assert page.count("</template>") == 1


def test_an_edition_that_breaks_a_rule_of_today_is_not_taken_up(author, edition):
    Edition.objects.update(source="<b>no issue file</b>")

    assert author.get(WRITE).status_code == 404
    assert not Draft.objects.exists()


def test_an_issue_is_begun_from_nothing(author, publication):
    begin = reverse("desk:begin_issue", args=["harbour"])

    answer = author.post(
        begin, {"number": 1, "published": "2026-03", "language": "en", "how": "nothing"}
    )

    assert answer["Location"] == reverse("desk:write", args=["harbour", 1, "en"])
    page = author.get(answer["Location"]).content.decode()
    assert "Write a postal address" in page
    assert (
        "being written" in author.get(reverse("desk:issue", args=["harbour", 1])).content.decode()
    )
    assert AuditEntry.objects.get().act == "began a draft"


@pytest.mark.parametrize(("how", "kinds"), [("frame", 1), ("whole", 3)])
def test_an_issue_is_begun_from_the_one_before(author, edition, how, kinds):
    begin = reverse("desk:begin_issue", args=["harbour"])
    assert 'value="8"' in author.get(begin).content.decode()

    author.post(begin, {"number": 8, "published": "2026-04", "language": "en", "how": how})

    draft = Draft.objects.get()
    head = draft.content["head"]["values"]
    assert len(draft.content["parts"]) == kinds
    assert (head["subject"], head["published"]) == ("", "2026-04")
    assert head["roles"] == "Responsible Editor: Ada Berg"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("number", "7", "is there already"),
        ("number", "0", "greater than or equal to 1"),
        ("language", "klingon", "no language"),
        ("language", "en/../x", "no language"),
        ("how", "magic", "Select a valid choice"),
    ],
)
def test_an_issue_that_can_not_be_is_not_begun(author, edition, field, value, words):
    found = {"number": 8, "published": "2026-04", "language": "en", "how": "nothing", field: value}

    page = author.post(reverse("desk:begin_issue", args=["harbour"]), found)

    assert words in page.content.decode()
    assert Issue.objects.count() == 1


def test_a_page_of_a_long_issue_takes_few_queries(
    author, publication, django_assert_max_num_queries
):
    body = "".join(f"\n## Article {at}\n\nWords *{at}*.\n" for at in range(60))
    upload(
        author, ISSUE_FILE.format(number=7, language="en", subject="Long").encode() + body.encode()
    )
    author.get(WRITE)
    part = name(Draft.objects.get(), "prose")

    with django_assert_max_num_queries(14):
        author.get(WRITE)
    with django_assert_max_num_queries(12):
        author.get(PROOF)
    with django_assert_max_num_queries(22):
        save(author, part, script=True, markdown="Other words")


def test_a_draft_is_told_by_its_issue_and_language(draft):
    assert str(draft) == "The Harbour Letter No. 7 (en)"
    assert str(draft.revisions.get()) == "The Harbour Letter No. 7 (en), revision 1"
    assert json.loads(json.dumps(draft.content)) == draft.content
    assert draft.changed_at > NOW
