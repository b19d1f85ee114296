"""The addresses of writing; they stand among those of the desk."""

from __future__ import annotations

from django.urls import path

from mailer.web.desk.editing import (
    beginning,
    history,
    importing,
    keeping,
    proving,
    saving,
    translating,
    writing,
)

ISSUE = "<slug:slug>/issues/<int:number>/"
EDIT = f"{ISSUE}editions/<slug:language>/edit/"
PART = f"{EDIT}parts/<slug:part>/"

urlpatterns = [
    path("<slug:slug>/issues/begin/", beginning.begin_issue, name="begin_issue"),
    path(f"{ISSUE}languages/", translating.show_languages, name="languages"),
    path(f"{ISSUE}languages/begin", translating.begin_language, name="begin_language"),
    path(EDIT, writing.write, name="write"),
    path(f"{EDIT}proof", proving.show_proof, name="proof"),
    path(f"{EDIT}add", writing.add, name="add_part"),
    path(f"{EDIT}keep", keeping.keep_draft, name="keep_draft"),
    path(f"{EDIT}take-word", importing.take_word, name="take_word"),
    path(f"{EDIT}take-file", keeping.take_uploaded, name="take_file"),
    path(f"{EDIT}history/", history.list_revisions, name="history"),
    path(f"{EDIT}history/<int:revision>/", history.show_revision, name="revision"),
    path(f"{EDIT}history/<int:revision>/back", history.go_back, name="go_back"),
    path(f"{PART}save", saving.save, name="save_part"),
    path(f"{PART}move", writing.move, name="move_part"),
    path(f"{PART}delete", writing.delete, name="delete_part"),
    path(f"{PART}restore", writing.restore, name="restore_part"),
]
