"""What an import has counted, in words, in the order in which it is told."""

from __future__ import annotations

WORDS = {
    "created": "new people",
    "updated": "known people with something new",
    "unchanged": "known people, as they are",
    "joined": "new on the list",
    "left_before": "left the list before, and stay away",
    "erased": "asked to be forgotten, and stay unknown",
    "suppressed": "suppressed: not written to",
    "withdrawn": "left or were blocked elsewhere: not written to",
    "refused": "rows refused",
    "role": "addresses of a role, such as info@",
    "disposable": "addresses of disposable mailboxes",
}
