"""The addresses of people. Each page says itself for which act it is."""

from __future__ import annotations

from django.urls import path

from mailer.web.desk.people import acting, adding, lists, readers, story

OWN = "<slug:slug>/people/"
READER = f"{OWN}readers/<int:person_id>/"

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
]
