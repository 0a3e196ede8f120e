"""What bounds a payment: limits, the deductible of later admissions, day-surgery standards."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies import terms
from policies.models.base import VersionRow
from policies.models.fields import fen_field, rate_field, waits_for_field


class PaymentLimit(VersionRow):
    """最高支付限额. `amount` null with `waits_for`: named but not set, so no limit.

    `benefits`, `statuses`: lists of codes; `disease`: "" none, "*" one limit for each disease, or a code.
    """

    class Period(models.TextChoices):
        YEAR = terms.YEAR, _("year")
        MONTH = terms.MONTH, _("month")

    class Basis(models.TextChoices):
        FUND_PAYMENT = terms.FUND_PAYMENT, _("fund payment")
        ELIGIBLE_EXPENSE = terms.ELIGIBLE_EXPENSE, _("eligible expense")

    pool = models.CharField(_("pool"), max_length=30)
    period = models.CharField(_("period"), max_length=10, choices=Period)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis)
    benefits = models.JSONField(_("benefits"), default=list)
    statuses = models.JSONField(_("statuses"), default=list)
    disease = models.CharField(_("disease"), max_length=20, blank=True)
    amount = fen_field(_("amount (fen)"), null=True, blank=True)
    waits_for = waits_for_field()
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("payment limit")
        verbose_name_plural = _("payment limits")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | models.Q(amount__gte=0), name="limit_not_negative"
            ),
        ]

    def __str__(self):
        return f"{self.pool} {self.get_period_display()}"


class AdmissionFactor(VersionRow):
    """The share of the inpatient deductible from the n-th admission of a year on (Zhenjiang 三(一)1)."""

    ordinal_from = models.PositiveSmallIntegerField(_("from admission"))
    factor = rate_field(_("share of the deductible (ten-thousandths)"))

    class Meta:
        ordering = ["ordinal_from"]
        verbose_name = _("admission factor")
        verbose_name_plural = _("admission factors")
        constraints = [
            models.UniqueConstraint(fields=["version", "ordinal_from"], name="admission_factor_once")
        ]

    def __str__(self):
        return f"{self.ordinal_from}+"


class DaySurgeryStandard(VersionRow):
    """日间手术收费标准 of a disease, in fen."""

    disease = models.CharField(_("disease code"), max_length=20)
    amount = fen_field(_("standard (fen)"))

    class Meta:
        ordering = ["disease"]
        verbose_name = _("day-surgery standard")
        verbose_name_plural = _("day-surgery standards")
        constraints = [models.UniqueConstraint(fields=["version", "disease"], name="day_surgery_once")]

    def __str__(self):
        return self.disease
