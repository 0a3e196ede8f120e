"""Tiers of institutions, and how institutions are described."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.models.base import Affiliation, VersionRow


class InstitutionConditionFields(models.Model):
    """One description of institutions; every part that is given must fit (terms.Condition)."""

    position = models.PositiveSmallIntegerField(_("order"), default=0)
    level_min = models.PositiveSmallIntegerField(_("level from"), null=True, blank=True)
    level_max = models.PositiveSmallIntegerField(_("level to"), null=True, blank=True)
    kinds = models.JSONField(_("kinds"), default=list, blank=True)
    affiliation = models.CharField(_("run by"), max_length=10, choices=Affiliation, blank=True)
    in_city = models.BooleanField(_("in the city"), null=True, blank=True)
    named = models.JSONField(_("named institutions (code or name)"), default=list, blank=True)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self):
        return ", ".join(self.named or self.kinds) or f"{self.level_min or ''}–{self.level_max or ''}"


class Tier(VersionRow):
    """机构档次. Tried in `position` order; the first with a fitting condition wins."""

    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100, blank=True)
    position = models.PositiveSmallIntegerField(_("order"))

    class Meta:
        ordering = ["position"]
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="tier_code_once")]

    def __str__(self):
        return self.name


class TierCondition(VersionRow, InstitutionConditionFields):
    tier = models.ForeignKey(Tier, models.CASCADE, verbose_name=_("tier"), related_name="conditions")

    class Meta(InstitutionConditionFields.Meta):
        verbose_name = _("tier condition")
        verbose_name_plural = _("tier conditions")
