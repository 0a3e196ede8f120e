"""When and where benefits hold: arrears, waiting periods, care outside the city."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies import terms
from policies.models.base import Employment, VersionRow
from policies.models.fields import rate_field, waits_for_field


class EntitlementRule(VersionRow):
    """Whether paying arrears later restores the months' benefits (I-8 where the text is silent)."""

    back_payment_restores = models.BooleanField(_("back-payment restores benefits"), default=True)

    class Meta:
        verbose_name = _("entitlement rule")
        verbose_name_plural = _("entitlement rules")
        constraints = [models.UniqueConstraint(fields=["version"], name="entitlement_once")]

    def __str__(self):
        return str(_("entitlement"))


class WaitingPeriod(VersionRow):
    """Whole calendar months of waiting by employment kind, the month of first payment the first (I-9)."""

    employment = models.CharField(_("employment"), max_length=10, choices=Employment)
    months = models.PositiveSmallIntegerField(_("months"))

    class Meta:
        ordering = ["employment"]
        verbose_name = _("waiting period")
        verbose_name_plural = _("waiting periods")
        constraints = [models.UniqueConstraint(fields=["version", "employment"], name="waiting_once")]

    def __str__(self):
        return f"{self.get_employment_display()}: {self.months}"


class OutOfAreaTerm(VersionRow):
    """异地: whether care elsewhere is covered, and the share that the member bears first."""

    class Kind(models.TextChoices):
        RESIDENT = terms.RESIDENT, _("filed long-term resident")
        TEMPORARY = terms.TEMPORARY, _("temporary stay")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    covered = models.BooleanField(_("covered"), default=True)
    upfront = rate_field(_("upfront share (ten-thousandths)"), null=True, blank=True)
    waits_for = waits_for_field()

    class Meta:
        ordering = ["kind"]
        verbose_name = _("out-of-area term")
        verbose_name_plural = _("out-of-area terms")
        constraints = [models.UniqueConstraint(fields=["version", "kind"], name="out_of_area_once")]

    def __str__(self):
        return self.get_kind_display()
