"""The parameter rows of a version. Money is fen, rates are ten-thousandths.

A figure that is null with a text in its `…waits_for` is unset (another document or rule has it);
null without one, where the figure is needed, is a gap.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies import terms
from policies.models.base import (
    Affiliation,
    BenefitKind,
    Employment,
    Plan,
    Status,
    VersionRow,
)


def rate_field(label, **kwargs):
    """A rate or share in ten-thousandths, 0 to 10 000."""
    validators = [MinValueValidator(0), MaxValueValidator(10_000)]
    return models.IntegerField(label, validators=validators, **kwargs)


def fen_field(label, **kwargs):
    """An amount in fen, never negative."""
    return models.BigIntegerField(label, validators=[MinValueValidator(0)], **kwargs)


def waits_for_field(label=None):
    return models.CharField(label or _("waits for"), max_length=100, blank=True)


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


class AccountCredit(VersionRow):
    """个人账户计入: one row of what a member is credited each month.

    `value` is ten-thousandths (base_rate) or fen (fixed; age_factor: fen per year of age).
    """

    class Method(models.TextChoices):
        BASE_RATE = terms.BASE_RATE, _("share of the contribution base")
        FIXED = terms.FIXED, _("fixed amount")
        AGE_FACTOR = terms.AGE_FACTOR, _("age × amount")
        OWN_AMOUNT = terms.OWN_AMOUNT, _("the member's own amount")
        NONE = terms.NO_CREDIT, _("nothing")

    status = models.CharField(_("status"), max_length=10, choices=Status)
    employment = models.CharField(_("employment"), max_length=10, choices=Employment, blank=True)
    plan = models.CharField(_("plan"), max_length=12, choices=Plan, blank=True)
    age_from = models.PositiveSmallIntegerField(_("age from"), default=0)
    age_to = models.PositiveSmallIntegerField(_("age under"), null=True, blank=True)
    method = models.CharField(_("method"), max_length=12, choices=Method)
    value = fen_field(_("value"), null=True, blank=True)
    waits_for = waits_for_field()
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("account credit")
        verbose_name_plural = _("account credits")

    def __str__(self):
        return f"{self.get_status_display()} {self.get_method_display()}"


class AccountUseRule(VersionRow):
    """个人账户使用: for whose burden, for what, where, of which items the account may or may not pay.

    `status`: only from the account of an owner of that status (empty: any).
    """

    class Relation(models.TextChoices):
        SELF = terms.SELF, _("self")
        SPOUSE = "spouse", _("spouse")
        PARENT = "parent", _("parent")
        CHILD = "child", _("child")
        OTHER = "other", _("other relative")

    class Purpose(models.TextChoices):
        POLICY_RANGE = terms.POLICY_RANGE, _("self-payment within the policy range")
        PERSONAL_BURDEN = terms.PERSONAL_BURDEN, _("personal burden")
        PREMIUM_RESIDENT = "premium_resident", _("premium: residents' basic insurance")
        PREMIUM_LARGE_AMOUNT = "premium_large_amount", _("premium: large-amount supplement")
        PREMIUM_CRITICAL_ILLNESS = "premium_critical_illness", _("premium: critical illness")
        PREMIUM_LONG_TERM_CARE = "premium_long_term_care", _("premium: long-term care")
        PREMIUM_COMMERCIAL = "premium_commercial", _("premium: government-guided commercial cover")
        PUBLIC_HEALTH = "public_health", _("public health")
        FITNESS = "fitness", _("fitness")
        WELLNESS = "wellness", _("wellness")
        HEALTH_CHECKUP = "health_checkup", _("health check-up")

    class Place(models.TextChoices):
        INSTITUTION = terms.AT_INSTITUTION, _("medical institution")
        PHARMACY = terms.AT_PHARMACY, _("pharmacy")
        ANY = terms.ANYWHERE, _("anywhere")

    relation = models.CharField(_("for"), max_length=10, choices=Relation)
    purpose = models.CharField(_("purpose"), max_length=30, choices=Purpose)
    place = models.CharField(_("place"), max_length=12, choices=Place, default=Place.ANY)
    item_kinds = models.JSONField(_("kinds of item"), default=list, blank=True)
    status = models.CharField(_("owner's status"), max_length=10, choices=Status, blank=True)
    allowed = models.BooleanField(_("allowed"), default=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("account-use rule")
        verbose_name_plural = _("account-use rules")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "relation", "status", "purpose", "place"], name="account_use_once"
            )
        ]

    def __str__(self):
        return f"{self.get_relation_display()}: {self.get_purpose_display()}"


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


class ContributionRate(VersionRow):
    """缴费比例 of an employment kind, as far as the text dates one (Yantai 二(一)5)."""

    employment = models.CharField(_("employment"), max_length=10, choices=Employment)
    rate = rate_field(_("rate (ten-thousandths)"), null=True, blank=True)
    waits_for = waits_for_field()

    class Meta:
        ordering = ["employment"]
        verbose_name = _("contribution rate")
        verbose_name_plural = _("contribution rates")
        constraints = [
            models.UniqueConstraint(fields=["version", "employment"], name="contribution_rate_once"),
        ]

    def __str__(self):
        return self.get_employment_display()


class Provision(VersionRow):
    """A provision without a figure of its own, kept with its clause for pages and reports."""

    class Topic(models.TextChoices):
        ELIGIBILITY = "eligibility", _("who is covered")
        DESIGNATION = "designation", _("designated institutions")
        COORDINATION = "coordination", _("coordination of benefits")
        LIMITS = "limits", _("payment limits")
        SUPPLEMENTS = "supplements", _("supplementary schemes")
        STATUS_CHANGE = "status_change", _("change of status")
        ACCOUNT = "account", _("personal account")
        SETTLEMENT = "settlement", _("settlement with institutions")
        BUDGET = "budget", _("institution budgets")

    topic = models.CharField(_("topic"), max_length=20, choices=Topic)
    text = models.CharField(_("provision"), max_length=300)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("provision")
        verbose_name_plural = _("provisions")

    def __str__(self):
        return self.get_topic_display()
