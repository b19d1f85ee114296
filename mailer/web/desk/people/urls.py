"""The addresses of people. Each page says itself for which act it is."""

from __future__ import annotations

from django.urls import path

from mailer.web.desk.people import (
    acting,
    adding,
    imports,
    lists,
    readers,
    returns,
    segments,
    story,
    suppressions,
)

OWN = "<slug:slug>/people/"
READER = f"{OWN}readers/<int:person_id>/"
SEGMENT = f"{OWN}segments/<int:segment_id>/"
IMPORT = f"{OWN}imports/<int:import_id>/"
HELD = f"{OWN}suppressions/"

urlpatterns = [
    path(OWN, readers.list_readers, name="readers"),
    path(f"{OWN}add/", adding.add_reader, name="add_reader"),
    path(f"{OWN}export", readers.export_readers, name="export_readers"),
    path(READER, story.show_reader, name="reader"),
    path(f"{READER}take-off", acting.take_off, name="take_off"),
    path(f"{READER}suppress", acting.suppress_reader, name="suppress_reader"),
    path(f"{READER}data", acting.download_data, name="reader_data"),
    path(f"{READER}erase/", acting.erase_reader, name="erase_reader"),
    path(f"{OWN}lists/", lists.show_lists, name="lists"),
    path(f"{OWN}lists/new/", lists.make_list, name="new_list"),
    path(f"{OWN}lists/of/<slug:group>/", lists.show_list, name="list"),
    path(f"{OWN}lists/of/<slug:group>/change/", lists.change_list, name="change_list"),
    path(f"{OWN}segments/", segments.list_segments, name="segments"),
    path(f"{OWN}segments/new/", segments.make_segment, name="new_segment"),
    path(f"{OWN}segments/count", segments.count_segment, name="count_segment"),
    path(SEGMENT, segments.show_segment, name="segment"),
    path(f"{SEGMENT}change/", segments.change_segment, name="change_segment"),
    path(f"{SEGMENT}delete/", segments.delete_segment, name="delete_segment"),
    path(f"{OWN}imports/", imports.list_imports, name="imports"),
    path(f"{OWN}imports/new/", imports.take_file, name="new_import"),
    path(IMPORT, imports.show_import, name="import"),
    path(f"{IMPORT}refused", imports.download_refused, name="refused"),
    path(HELD, suppressions.list_suppressions, name="suppressions"),
    path(f"{HELD}add/", suppressions.add_suppression, name="add_suppression"),
    path(f"{HELD}import/", suppressions.take_suppressions, name="take_suppressions"),
    path(f"{HELD}export", suppressions.give_suppressions, name="give_suppressions"),
    path(f"{HELD}<int:row_id>/lift/", suppressions.lift_suppression, name="lift"),
    path(f"{OWN}returns/", returns.list_returns, name="returns"),
]
