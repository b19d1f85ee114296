"""A bulletin as a series."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import EmailValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailer.models.places import publication_path


class Publication(models.Model):
    """A bulletin series: its name, who sends it, how it looks, and to which lists it goes.

    ``chain`` are the roles whose people sign an issue off, in their order; without any it is sent
    unsigned. ``signers_in_colophon`` puts their names there.
    """

    name = models.CharField(_("name"), max_length=200, unique=True)
    slug = models.SlugField(_("short name"), max_length=63, unique=True)
    sender_name = models.CharField(_("sender's name"), max_length=200)
    sender_address = models.CharField(
        _("sender's address"), max_length=320, validators=[EmailValidator()]
    )
    reply_to = models.CharField(
        _("replies go to"), max_length=320, blank=True, validators=[EmailValidator()]
    )
    theme = models.SlugField(_("theme"), max_length=63, default="default")
    lists = models.ManyToManyField(
        "subscribers.List", related_name="publications", verbose_name=_("lists")
    )
    chain = models.JSONField(_("who signs, in order"), default=list, blank=True)
    signers_in_colophon = models.BooleanField(_("names of signers in the colophon"), default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the path of the publication's archive."""
        return publication_path(self.slug)

    @property
    def sender_domain(self) -> str:
        """Return the domain of the sender's address."""
        return self.sender_address.rpartition("@")[2]

    @property
    def list_id(self) -> str:
        """Return the series' identity for mail programs (RFC 2919 §2)."""
        return f"{self.slug}.{self.sender_domain}"
