"""Who works on a publication, as what; nobody can lock themselves out."""

from __future__ import annotations

from collections.abc import Mapping
from smtplib import SMTPException

from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from mailer.errors import MastheadError
from mailer.models import Membership, Role
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, PRESS, Desk, desk_page, show
from mailer.web.desk.permissions import PERMISSIONS, Act
from mailer.web.desk.sorting import BY_AGE, Order, choose_order, offer, read_search

LARGEST_ID = 2**63 - 1
ORDERS: Mapping[str, Order] = {
    "address": Order(words=_("address"), column="user__email", has_ties=True),
    "role": Order(words=_("role"), column="role", has_ties=True),
    **BY_AGE,
}
# What each role may do, in words, in the order in which the table of permissions has it.
IN_WORDS = {
    Act.LOOK: _("see issues and figures"),
    Act.WRITE: _("write"),
    Act.SIGN: _("comment and sign off"),
    Act.PLAN: _("plan mailings"),
    Act.PAUSE: _("pause a mailing"),
    Act.SEND: _("send"),
    Act.TEAM: _("choose who works here"),
}


class MemberForm(forms.Form):
    """Somebody who is to work here."""

    email = forms.EmailField(
        label=_("Their address"), help_text=_("They log in with it."), max_length=254
    )
    role = forms.ChoiceField(label=_("As what"), choices=Role.choices, initial=Role.EDITOR)


@desk_page(Act.TEAM, methods=FORM)
def show_team(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show who works here, and take somebody in."""
    form = MemberForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _take_in(request, desk, form):
        return redirect("desk:team", desk.publication.slug)
    search = read_search(request.GET)
    order, sort = choose_order(request.GET, ORDERS)
    members = order.sort(desk.publication.memberships.select_related("user"))
    if search:
        named = Q(user__email__icontains=search) | Q(user__username__icontains=search)
        members = members.filter(named)
    context = {
        "form": form,
        "members": members,
        "search": search,
        "roles": [(role, _list_acts(role)) for role in Role],
    }
    status = 422 if form.is_bound else 200
    return show(request, desk, "house/team", status=status, **context, **offer(ORDERS, sort))


def _list_acts(role: Role) -> list[str]:
    return [str(words) for act, words in IN_WORDS.items() if role in PERMISSIONS[act]]


def _take_in(request: HttpRequest, desk: Desk, form: MemberForm) -> bool:
    """Give somebody a role, and an account if they have none; tell whether that was done."""
    email, role = form.cleaned_data["email"].lower(), Role(form.cleaned_data["role"])
    with transaction.atomic():
        user, is_new = _find_account(email)
        _member, made = Membership.objects.get_or_create(
            user=user, publication=desk.publication, defaults={"role": role}
        )
        if not made:
            form.add_error("email", _("They work here already: change their role in the list."))
            return False
        record(desk, "took in", email, after={"role": role.label})
    if is_new:
        _invite(request, email)
    else:
        messages.success(request, f"{email} has an account, and works here from now on.")
    return True


def _find_account(email: str) -> tuple[User, bool]:
    """Return the account of an address, made without a password if there is none."""
    known = EmailAddress.objects.filter(email__iexact=email, verified=True).first()
    user = known.user if known else User.objects.filter(email__iexact=email).first()
    if user is not None:
        return user, False
    user = User.objects.create_user(_choose_name(email), email=email)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user, True


def _choose_name(email: str) -> str:
    """Return a name that nobody has: log-ins are by address, and a name has 150 characters."""
    name = email[:150]
    taken = User.objects.filter(username=name).exists()
    return f"{name[:140]}-{User.objects.count()}" if taken else name


def _invite(request: HttpRequest, email: str) -> None:
    """Send the letter by which they choose a password."""
    letter = ResetPasswordForm({"email": email})
    try:
        if letter.is_valid():
            letter.save(request)
    except (MastheadError, SMTPException, OSError):
        messages.warning(
            request,
            f"{email} has an account now, but no letter could be sent. Ask them to use"
            " “Forgotten your password?” when mail can be sent again.",
        )
    else:
        messages.success(request, f"{email} gets a letter with a link to choose a password.")


@desk_page(Act.TEAM, methods=PRESS)
def change_role(request: HttpRequest, desk: Desk, member: int) -> HttpResponse:
    """Give somebody another role."""
    membership = _find_member(desk, member)
    wanted = request.POST.get("role", "")
    if membership.user == desk.user:
        messages.error(request, "Nobody changes their own role: ask another admin.")
    elif wanted not in Role.values:
        messages.error(request, "Choose one of the roles.")
    elif wanted != membership.role:
        before, membership.role = membership.get_role_display(), wanted
        with transaction.atomic():
            membership.save(update_fields=["role"])
            record(
                desk,
                "changed the role of",
                membership.user.email,
                before={"role": before},
                after={"role": membership.get_role_display()},
            )
        messages.success(request, f"{membership.user.email} is now {Role(wanted).label}.")
    return redirect("desk:team", desk.publication.slug)


@desk_page(Act.TEAM, methods=FORM)
def remove_member(request: HttpRequest, desk: Desk, member: int) -> HttpResponse:
    """Ask first; then take somebody's part in the publication away. Their account stays."""
    membership = _find_member(desk, member)
    if membership.user == desk.user:
        messages.error(request, "Nobody removes themselves: ask another admin.")
        return redirect("desk:team", desk.publication.slug)
    if request.method != "POST":
        return show(request, desk, "house/remove", member=membership)
    with transaction.atomic():
        record(
            desk,
            "removed",
            membership.user.email,
            before={"role": membership.get_role_display()},
        )
        membership.delete()
    messages.success(
        request, f"{membership.user.email} has no part here any more. You can take them in again."
    )
    return redirect("desk:team", desk.publication.slug)


def _find_member(desk: Desk, number: int) -> Membership:
    return get_object_or_404(
        Membership.objects.select_related("user"),
        pk=min(number, LARGEST_ID),
        publication=desk.publication,
    )
