from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class RegisterImport(models.Model):
    """A register file that was taken in: append-only, one row for each city that it has rows of.

    What it changed has the same moment and actor in its history. `rows`: those of the city that were good.
    """

    class Register(models.TextChoices):
        MEMBERS = "members", _("members")
        INSTITUTIONS = "institutions", _("institutions")
        CONTRIBUTIONS = "contributions", _("contributions")

    class Source(models.TextChoices):
        PAGE = "page", _("on a page")
        COMMAND = "command", _("by a command")

    register = models.CharField(_("register"), max_length=15, choices=Register)
    city = models.ForeignKey("policies.City", models.PROTECT, verbose_name=_("city"), related_name="+")
    name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    rows = models.PositiveIntegerField(_("rows"))
    source = models.CharField(_("from where"), max_length=10, choices=Source)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        ordering = ["-id"]
        verbose_name = _("register import")
        verbose_name_plural = _("register imports")
        indexes = [models.Index(fields=["at"], name="import_at")]

    def __str__(self):
        return self.name
