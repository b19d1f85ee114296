"""The layouts of notices, as many kinds of mail server write them."""

from __future__ import annotations

import pytest

from mailer.feedback.failed import Notice, find_failed
from mailer.feedback.mime import Part, cut
from mailer.feedback.returned import Returned, describe

READER = "reader@x.example"
TOP = cut(b"From: postmaster@mx.example\nTo: us@our.example\nSubject: Undeliverable\n\n")


def find(words: str, *, copy: str = "", top: Part = TOP) -> list[str]:
    returned = describe(cut(copy.encode())) if copy else Returned()
    return find_failed(Notice(top=top, words=words, returned=returned))


@pytest.mark.parametrize(
    "words",
    [
        "The addresses that failed:\n\n  reader@x.example\n",
        "<reader@x.example>:\n550 no",
        '"reader@x.example":\nSMTP error after RCPT command',
        "   * reader@x.example\n",
        "-- reader@x.example",
        ">>> reader@x.example <reader@x.example>",
        "reader@x.example on Thu, 29 Apr 2010\n    The recipient name is not recognized",
        "---Addresses with errors---\n\nreader@x.example [User unknown]",
        "This is a permanent error.\n\nreader@x.example Invalid Address, ERROR_CODE :550",
        "User not listed in directory\nreader@x.example",
        "\treader@x.example (550 5.1.1 user unknown)",
        ">>> RCPT TO:<reader@x.example>\n<<< 550 no",
        "Sent <<< RCPT TO:<reader@x.example>\nReceived >>> 550 no",
        "554 <reader@x.example>... 550 Host unknown",
        "Recipient: <reader@x.example>\nis unknown",
        "Addressed To: reader@x.example",
        "Unknown user: reader@x.example",
        "Invalid final delivery userid: reader@x.example",
        "The user reader@x.example is not here.",
        "There was an error delivering your mail to <reader@x.example>.",
        "Unable to deliver message to: <reader@x.example>",
        "Could not be delivered to: <reader@x.example>\n As their mailbox is full.",
        "Your message wasn't delivered to reader@x.example because nobody has it.",
        "Server <mx.x.example> rejected recipient <reader@x.example> (Error following RCPT)",
        "It was a duplicate in <reader@x.example>.",
    ],
)
def test_an_address_is_found_where_servers_put_it(words):
    assert find(words) == [READER]


@pytest.mark.parametrize(
    "words",
    [
        "For questions, please send mail to help@mx.example",
        "Please contact the user help@mx.example.",
        "postmaster@x.example\n",
        "us@our.example\n",
        "A paragraph that goes on and on and whose next line begins with\nan@x.example in passing",
        "See a@x.example and <b@x.example>, or <c@x.example> for <d@x.example> of <e@x.example>",
        "Nothing at all.",
    ],
)
def test_an_address_in_any_other_place_is_not_believed(words):
    assert find(words) == []


def test_a_list_goes_on_after_its_first_line():
    words = "These failed:\n\na@x.example: nobody\nb@x.example is nobody as well\n"

    assert find(words) == ["a@x.example", "b@x.example"]


def test_the_surest_place_counts_and_the_others_are_left():
    words = "<reader@x.example>\n\n>>> RCPT TO:<forward@y.example>\n<<< 550 no"

    assert find(words) == [READER]


def test_an_address_of_a_role_that_we_wrote_to_is_believed():
    copy = "From: us@our.example\nTo: postmaster@x.example\n\n"

    assert find("postmaster@x.example\n", copy=copy) == ["postmaster@x.example"]


def test_our_own_address_with_a_refusal_after_it_is_believed():
    assert find("us@our.example:\n550 nobody") == ["us@our.example"]


def test_the_author_of_the_copy_has_not_failed():
    copy = "From: them@our.example\nTo: reader@x.example\n\n"

    assert find("them@our.example\n\nreader@x.example\n", copy=copy) == [READER]


def test_where_the_notice_names_nobody_the_copy_s_only_recipient_has_failed():
    words = "No valid recipients."

    assert find(words, copy="From: us@our.example\nTo: reader@x.example\n\n") == [READER]
    assert find(words, copy="From: a@x.example\nTo: a@x.example\n\n") == []
    assert find(words, copy="From: us@our.example\nTo: a@x.example, b@x.example\n\n") == []
