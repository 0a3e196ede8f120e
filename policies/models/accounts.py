"""Contributions and personal accounts: what is paid in, what is credited, what an account may pay."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies import terms
from policies.models.base import Employment, Plan, Status, VersionRow
from policies.models.fields import fen_field, rate_field, waits_for_field


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
