"""Benefits: where each is given, its deductibles and rates, and when it is not paid."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies import terms
from policies.models.base import BenefitKind, Status, VersionRow
from policies.models.fields import fen_field, rate_field, waits_for_field
from policies.models.tiers import InstitutionConditionFields, Tier


class BenefitRule(VersionRow):
    """待遇类别 under this version. `waits_for` says that the whole benefit is left to another document.

    `preferred_clause`, `prescription_clause`, `negotiated_clause`, `as_inpatient_clause`: the clause that
    gives the benefit this rule (paid before ordinary; external prescriptions; negotiated drugs go before;
    emergency care settled as inpatient), empty where the version does not have it.
    """

    class Mode(models.TextChoices):
        ANNUAL = terms.ANNUAL, _("once a year")
        DAILY_INSTITUTION = terms.DAILY_INSTITUTION, _("once per institution and day")
        ADMISSION = terms.ADMISSION, _("by admission")
        NONE = terms.NO_DEDUCTIBLE, _("none")

    benefit = models.CharField(_("benefit"), max_length=20, choices=BenefitKind)
    waits_for = waits_for_field(_("left wholly to"))
    deductible_mode = models.CharField(_("deductible"), max_length=20, choices=Mode, default=Mode.NONE)
    deductible_pool = models.CharField(_("deductible pool"), max_length=30, blank=True)
    deductible_clause = models.CharField(_("clause of the deductible"), max_length=60, blank=True)
    deductible_note = models.CharField(_("note on the deductible"), max_length=300, blank=True)
    preferred_clause = models.CharField(_("preferred over ordinary by"), max_length=60, blank=True)
    prescription_clause = models.CharField(_("external prescriptions by"), max_length=60, blank=True)
    prescription_note = models.CharField(_("note on prescriptions"), max_length=300, blank=True)
    negotiated_clause = models.CharField(_("negotiated drugs first by"), max_length=60, blank=True)
    as_inpatient_clause = models.CharField(_("emergency as inpatient by"), max_length=60, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("benefit rule")
        verbose_name_plural = _("benefit rules")
        constraints = [models.UniqueConstraint(fields=["version", "benefit"], name="benefit_rule_once")]

    def __str__(self):
        return self.get_benefit_display()


class InstitutionCondition(VersionRow, InstitutionConditionFields):
    """Which institutions may give the benefit at all (Changchun 三(五): level 2 general, any specialist)."""

    rule = models.ForeignKey(
        BenefitRule, models.CASCADE, verbose_name=_("benefit rule"), related_name="conditions"
    )

    class Meta(InstitutionConditionFields.Meta):
        verbose_name = _("institution condition")
        verbose_name_plural = _("institution conditions")


class BenefitTerm(VersionRow):
    """Deductible (fen) and fund rate (ten-thousandths) of a benefit at a tier for a status."""

    rule = models.ForeignKey(
        BenefitRule, models.CASCADE, verbose_name=_("benefit rule"), related_name="terms"
    )
    tier = models.ForeignKey(Tier, models.CASCADE, verbose_name=_("tier"), related_name="terms")
    status = models.CharField(_("status"), max_length=10, choices=Status)
    offered = models.BooleanField(_("offered"), default=True)
    deductible = fen_field(_("deductible (fen)"), null=True, blank=True)
    deductible_waits_for = waits_for_field(_("deductible waits for"))
    deductible_clause = models.CharField(_("clause of the deductible"), max_length=60, blank=True)
    rate = rate_field(_("fund rate (ten-thousandths)"), null=True, blank=True)
    rate_waits_for = waits_for_field(_("rate waits for"))

    class Meta:
        ordering = ["rule_id", "tier__position", "status"]
        verbose_name = _("benefit term")
        verbose_name_plural = _("benefit terms")
        constraints = [
            models.UniqueConstraint(fields=["rule", "tier", "status"], name="benefit_term_once"),
            models.CheckConstraint(
                condition=models.Q(rate__isnull=True) | models.Q(rate__range=(0, 10_000)),
                name="benefit_term_rate_within_one",
            ),
            models.CheckConstraint(
                condition=models.Q(deductible__isnull=True) | models.Q(deductible__gte=0),
                name="benefit_term_deductible_not_negative",
            ),
        ]

    def __str__(self):
        return f"{self.rule} {self.tier} {self.get_status_display()}"


class Coordination(VersionRow):
    """待遇衔接: a member situation in which a benefit is not paid."""

    class Situation(models.TextChoices):
        IN_HOSPITAL = terms.IN_HOSPITAL, _("in hospital")
        LTC = terms.LTC, _("in specialised long-term care")

    rule = models.ForeignKey(
        BenefitRule, models.CASCADE, verbose_name=_("benefit rule"), related_name="coordinations"
    )
    situation = models.CharField(_("situation"), max_length=30, choices=Situation)

    class Meta:
        ordering = ["rule_id", "situation"]
        verbose_name = _("coordination")
        verbose_name_plural = _("coordinations")
        constraints = [models.UniqueConstraint(fields=["rule", "situation"], name="coordination_once")]

    def __str__(self):
        return self.get_situation_display()


class SpecialDiseaseRule(VersionRow):
    """A disease of a benefit that another document governs: claims for it wait (`special_rule`)."""

    rule = models.ForeignKey(
        BenefitRule, models.CASCADE, verbose_name=_("benefit rule"), related_name="special_diseases"
    )
    disease = models.CharField(_("disease code"), max_length=20)
    waits_for = waits_for_field()

    class Meta:
        ordering = ["rule_id", "disease"]
        verbose_name = _("disease with a rule of its own")
        verbose_name_plural = _("diseases with a rule of their own")
        constraints = [models.UniqueConstraint(fields=["rule", "disease"], name="special_disease_once")]

    def __str__(self):
        return self.disease
