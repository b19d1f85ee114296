"""Who signs in a publication, in which order: set by its admin, and written down."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from mailer.dispatch.signing.chain import SIGNING_ROLES, read_roles
from mailer.models import Publication, Role
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.permissions import Act

PLACES = (_("First"), _("Then"), _("Then"), _("Last"))
NOBODY = ("", _("nobody"))


class OrderForm(forms.Form):
    """The steps of the chain, from the first; empty ones are left out."""

    signers_in_colophon = forms.BooleanField(
        label=_("Name those who signed in the colophon"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [(role.value, role.label) for role in SIGNING_ROLES]
        steps = {
            f"step{at}": forms.ChoiceField(label=place, choices=[NOBODY, *roles], required=False)
            for at, place in enumerate(PLACES)
        }
        self.fields = {**steps, **self.fields}

    def clean(self) -> dict[str, Any]:
        """Refuse a role that signs twice."""
        found: dict[str, Any] = super().clean() or {}
        chain = [found[name] for name in sorted(found) if name.startswith("step") and found[name]]
        if len(set(chain)) < len(chain):
            raise forms.ValidationError(_("Each role signs once: choose another for one of them."))
        found["chain"] = chain
        return found


@desk_page(Act.TEAM, methods=FORM)
def set_order(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask who signs, and keep the answer."""
    publication = desk.publication
    initial: dict[str, Any] = {"signers_in_colophon": publication.signers_in_colophon}
    initial |= {f"step{at}": role for at, role in enumerate(publication.chain)}
    form = OrderForm(request.POST if request.method == "POST" else None, initial=initial)
    if not form.is_valid():
        return show(request, desk, "signing/order", form=form)
    chosen = {name: form.cleaned_data[name] for name in ("chain", "signers_in_colophon")}
    with transaction.atomic():
        before = _describe(publication)
        Publication.objects.filter(pk=publication.pk).update(**chosen)
        publication.refresh_from_db()
        record(desk, "set who signs", publication, before=before, after=_describe(publication))
    messages.success(request, "Kept. It holds for every issue that is not sent yet.")
    return redirect("desk:order", publication.slug)


def _describe(publication: Publication) -> dict[str, str]:
    roles = " → ".join(str(Role(each).label) for each in read_roles(publication)) or "nobody"
    return {"chain": roles, "in the colophon": "yes" if publication.signers_in_colophon else "no"}
