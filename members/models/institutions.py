from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.models.people import REVERSED
from policies.models.base import Affiliation, BenefitKind, InstitutionKind


class Institution(models.Model):
    """定点医药机构. `code` is the platform's: H (hospital) or P (pharmacy) and eleven digits.

    Its level, kind and affiliation are dated (`InstitutionStanding`).
    """

    code = models.CharField(_("institution code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=200)
    city = models.ForeignKey(
        "policies.City", models.PROTECT, verbose_name=_("city"), related_name="institutions"
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")

    def __str__(self):
        return self.name


class InstitutionStanding(models.Model):
    """What an institution is from a day on, until its next standing.

    Level (0 ungraded, to 3), kind, and who runs it.
    """

    institution = models.ForeignKey(
        Institution, models.PROTECT, verbose_name=_("institution"), related_name="standings"
    )
    starts_on = models.DateField(_("from"))
    level = models.PositiveSmallIntegerField(_("level"), validators=[MaxValueValidator(3)])
    kind = models.CharField(_("kind"), max_length=12, choices=InstitutionKind)
    affiliation = models.CharField(_("run by"), max_length=10, choices=Affiliation, default=Affiliation.OTHER)
    history = HistoricalRecords()

    class Meta:
        ordering = ["institution", "starts_on"]
        verbose_name = _("institution standing")
        verbose_name_plural = _("institution standings")
        constraints = [
            models.UniqueConstraint(fields=["institution", "starts_on"], name="standing_once"),
            models.CheckConstraint(
                condition=models.Q(level__lte=3),
                name="standing_level_0_to_3",
                violation_error_message=_("The level is 0 (ungraded) to 3."),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.level}"


class Agreement(models.Model):
    """定点协议, from a day to a day (inclusive). Without one, neither fund nor account pays there."""

    institution = models.ForeignKey(
        Institution, models.PROTECT, verbose_name=_("institution"), related_name="agreements"
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["institution", "starts_on"]
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        constraints = [
            models.UniqueConstraint(fields=["institution", "starts_on"], name="agreement_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="agreement_not_reversed",
                violation_error_message=REVERSED,
            ),
        ]

    def __str__(self):
        return f"{self.starts_on}–{self.ends_on or ''}"


class Designation(models.Model):
    """定点 for one benefit, from a day to a day (inclusive)."""

    institution = models.ForeignKey(
        Institution, models.PROTECT, verbose_name=_("institution"), related_name="designations"
    )
    benefit = models.CharField(_("benefit"), max_length=20, choices=BenefitKind)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["institution", "benefit", "starts_on"]
        verbose_name = _("designation")
        verbose_name_plural = _("designations")
        constraints = [
            models.UniqueConstraint(fields=["institution", "benefit", "starts_on"], name="designation_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="designation_not_reversed",
                violation_error_message=REVERSED,
            ),
        ]

    def __str__(self):
        return self.get_benefit_display()


class InstitutionKey(models.Model):
    """An API key: only its SHA-256 is stored; `prefix` lets people tell keys apart.

    At most two of an institution are live at a time (`services.keys`).
    """

    institution = models.ForeignKey(
        Institution, models.PROTECT, verbose_name=_("institution"), related_name="keys"
    )
    prefix = models.CharField(_("prefix"), max_length=12)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_on = models.DateField(_("last used on"), null=True, blank=True)
    history = HistoricalRecords(excluded_fields=["last_used_on"])

    class Meta:
        ordering = ["institution", "-created_at"]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self):
        return f"{self.prefix}…"
