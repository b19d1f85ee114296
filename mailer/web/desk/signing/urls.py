"""The addresses of sign-off. Each page says itself for which act it is."""

from __future__ import annotations

from django.urls import path

from mailer.web.desk.signing import board, order, review

ISSUE = "<slug:slug>/issues/<int:number>/"
EDITION = f"{ISSUE}editions/<slug:language>/"

urlpatterns = [
    path(f"{ISSUE}sign-off/", board.show_board, name="sign_off"),
    path(f"{EDITION}sign", board.sign_edition, name="sign"),
    path(f"{EDITION}unsign", board.withdraw_signature, name="unsign"),
    path(f"{EDITION}difference/", board.show_difference, name="difference"),
    path(f"{EDITION}review/", review.show_review, name="review"),
    path(f"{EDITION}comment", review.add_comment, name="comment"),
    path(f"{EDITION}resolve", review.resolve_comment, name="resolve"),
    path("<slug:slug>/sign-off/", order.set_order, name="order"),
]
