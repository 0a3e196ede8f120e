"""Critical-illness insurance: what it counts, and what it pays of the year's base."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.models.base import Status, VersionRow
from policies.models.fields import fen_field, rate_field


class CriticalIllnessRule(VersionRow):
    """大病保险: the benefits whose cash counts, and the bonus for contribution years above the minimum."""

    benefits = models.JSONField(_("benefits"), default=list)
    bonus_status = models.CharField(_("bonus for"), max_length=10, choices=Status, blank=True)
    bonus_per_year = rate_field(_("bonus a year (ten-thousandths)"), default=0)
    bonus_max = rate_field(_("highest bonus (ten-thousandths)"), default=0)
    bonus_clause = models.CharField(_("clause of the bonus"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("critical-illness rule")
        verbose_name_plural = _("critical-illness rules")
        constraints = [models.UniqueConstraint(fields=["version"], name="critical_illness_once")]

    def __str__(self):
        return str(_("critical illness"))


class CriticalIllnessBand(VersionRow):
    """A slice of the year's critical-illness base, above `above` (fen) up to the next band."""

    rule = models.ForeignKey(
        CriticalIllnessRule, models.CASCADE, verbose_name=_("critical-illness rule"), related_name="bands"
    )
    above = fen_field(_("above (fen)"))
    rate = rate_field(_("rate (ten-thousandths)"))

    class Meta:
        ordering = ["above"]
        verbose_name = _("critical-illness band")
        verbose_name_plural = _("critical-illness bands")
        constraints = [models.UniqueConstraint(fields=["rule", "above"], name="critical_band_once")]

    def __str__(self):
        return str(self.above)
