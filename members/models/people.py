from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.masking import mask_id_number, mask_name
from members.validators import validate_id_number
from policies.models.base import BenefitKind, Employment, Plan

REVERSED = _("The last day lies before the first: check both dates.")


class Member(models.Model):
    """参保人员. `number` is the 18-digit citizen number or another personal number of the platform.

    `retired_on`: the day retired benefits start (status is retired from it on). `own_monthly_credit`: fen a
    month by a rule that gives each member an amount of his own (Zhenjiang 二(三)). `surplus_years`: whole
    contribution years above the minimum (Zhenjiang 三(三)3).
    """

    number = models.CharField(_("member number"), max_length=30, unique=True)
    id_number = models.CharField(
        _("ID number"), max_length=18, blank=True, db_index=True, validators=[validate_id_number]
    )
    name = models.CharField(_("name"), max_length=60)
    born = models.DateField(_("born"))
    died_on = models.DateField(_("died on"), null=True, blank=True)
    retired_on = models.DateField(_("retired benefits from"), null=True, blank=True)
    own_monthly_credit = models.BigIntegerField(_("own monthly credit (fen)"), null=True, blank=True)
    surplus_years = models.PositiveSmallIntegerField(_("contribution years above the minimum"), default=0)
    history = HistoricalRecords()

    class Meta:
        ordering = ["number"]
        verbose_name = _("member")
        verbose_name_plural = _("members")

    def __str__(self):
        return f"{mask_name(self.name)} {mask_id_number(self.number)}"


class Enrolment(models.Model):
    """参保: cover in a city from a day to a day (inclusive; open while null), one employment and plan.

    A change of employment, plan or city ends one enrolment and begins the next.
    """

    member = models.ForeignKey(Member, models.PROTECT, verbose_name=_("member"), related_name="enrolments")
    city = models.ForeignKey(
        "policies.City", models.PROTECT, verbose_name=_("city"), related_name="enrolments"
    )
    employment = models.CharField(
        _("employment"), max_length=10, choices=Employment, default=Employment.EMPLOYEE
    )
    plan = models.CharField(_("plan"), max_length=12, choices=Plan, default=Plan.COMBINED)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["member", "starts_on"]
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(fields=["member", "starts_on"], name="enrolment_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="enrolment_not_reversed",
                violation_error_message=REVERSED,
            ),
        ]

    def __str__(self):
        return f"{self.city_id} {self.starts_on}–{self.ends_on or ''}"


class Contribution(models.Model):
    """缴费: what was due for a month, append-only. `paid_on` null: declared unpaid (in arrears once the month is over).

    `base` is the month's contribution base in fen. A later payment of a declared month is a further row;
    the newest row of a month (highest id) counts.
    """

    # The indexes below begin with both keys, so they need none of their own.
    member = models.ForeignKey(
        Member, models.PROTECT, verbose_name=_("member"), related_name="contributions", db_index=False
    )
    city = models.ForeignKey(
        "policies.City", models.PROTECT, verbose_name=_("city"), related_name="+", db_index=False
    )
    month = models.DateField(_("month"))  # the first day of the month
    employment = models.CharField(_("employment"), max_length=10, choices=Employment)
    base = models.BigIntegerField(_("contribution base (fen)"))
    paid_on = models.DateField(_("paid on"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    class Meta:
        ordering = ["member", "month", "id"]
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        indexes = [
            models.Index(fields=["member", "month", "id"], name="contribution_member_month"),
            # Few members ever were flexible: finds the first such month without reading all the others.
            models.Index(
                fields=["member", "month"],
                condition=models.Q(employment="flexible"),
                name="contribution_flexible",
            ),
            # What was booked since a city's last credit run.
            models.Index(fields=["city", "recorded_at"], name="contribution_news"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(base__gte=0), name="contribution_base_not_negative")
        ]

    def __str__(self):
        return f"{self.month:%Y-%m}"


class DiseaseRegistration(models.Model):
    """病种认定: entitles to chronic or special benefits for a disease, from a day to a day (inclusive)."""

    member = models.ForeignKey(Member, models.PROTECT, verbose_name=_("member"), related_name="registrations")
    benefit = models.CharField(
        _("benefit"),
        max_length=20,
        choices=[
            (BenefitKind.CHRONIC, BenefitKind.CHRONIC.label),
            (BenefitKind.SPECIAL, BenefitKind.SPECIAL.label),
        ],
    )
    disease = models.CharField(_("disease code"), max_length=20)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["member", "starts_on"]
        verbose_name = _("disease registration")
        verbose_name_plural = _("disease registrations")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "benefit", "disease", "starts_on"], name="registration_once"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="registration_not_reversed",
                violation_error_message=REVERSED,
            ),
        ]

    def __str__(self):
        return f"{self.get_benefit_display()} {self.disease}"


class CarePeriod(models.Model):
    """A registered hospital stay (admission to discharge) or time in specialised long-term care.

    Both ends belong to it; that benefits are paid on a stay's end days is the records' matter.
    """

    class Kind(models.TextChoices):
        STAY = "stay", _("hospital stay")
        LTC = "ltc", _("specialised long-term care")

    member = models.ForeignKey(Member, models.PROTECT, verbose_name=_("member"), related_name="care_periods")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["member", "starts_on"]
        verbose_name = _("care period")
        verbose_name_plural = _("care periods")
        constraints = [
            models.UniqueConstraint(fields=["member", "kind", "starts_on"], name="care_period_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="care_period_not_reversed",
                violation_error_message=REVERSED,
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.starts_on}–{self.ends_on or ''}"
