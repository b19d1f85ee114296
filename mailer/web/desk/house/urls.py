"""The addresses of settings. Each page says itself for which act it is."""

from __future__ import annotations

from django.urls import path

from mailer.web.desk.house import domain, limits, sender, servers, services, team, tokens

OWN = "<slug:slug>/settings/"
MEMBER = f"{OWN}team/<int:member>/"

urlpatterns = [
    path(OWN, sender.change_sender, name="settings"),
    path(f"{OWN}team/", team.show_team, name="team"),
    path(f"{MEMBER}role", team.change_role, name="role"),
    path(f"{MEMBER}remove", team.remove_member, name="remove_member"),
    path(f"{OWN}domain/", domain.show_domain, name="domain"),
    path(f"{OWN}servers/", servers.show_servers, name="servers"),
    path(f"{OWN}limits/", limits.show_limits, name="limits"),
    path(f"{OWN}limits/servers/<int:server_id>/", limits.change_limits, name="change_limits"),
    path(f"{OWN}limits/<int:limit_id>/drop", limits.drop_limit, name="drop_limit"),
    path(f"{OWN}webhooks/", services.show_services, name="services"),
    path(f"{OWN}tokens/", tokens.show_tokens, name="tokens"),
    path(f"{OWN}tokens/<int:token_id>/withdraw", tokens.withdraw_token, name="withdraw_token"),
]
