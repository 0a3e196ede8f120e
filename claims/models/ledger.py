from django.db import models
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from claims.engine.result import AMOUNTS
from claims.models.claims import Claim
from policies.models.base import BenefitKind, Status

F, Q = models.F, models.Q
_SETTLES, _REVERSES = Q(kind="settled"), Q(kind="reversed")
_PARITY = F("revision") % 2
# Every amount but day surgery's institution share, which is negative where the institution keeps a surplus.
_SIGNED = [name for name in AMOUNTS if name != "institution_share"]


def fen(label):
    return models.BigIntegerField(label)


class Settlement(models.Model):
    """结算: what adjudicating a claim gave; append-only, revision after revision. Amounts in fen.

    Odd revisions settle, even ones reverse the one before, with its amounts and deltas negated; its steps and
    `used` stay as they were. `place` orders a member's settlements as they were made. `member_id`,
    `institution_id`, `version_id` are kept without foreign keys: what they name is never deleted. `case`,
    `used`, `deltas`, `spent`, `steps` are compact JSON: what the engine was given (claims.engine.case.Case),
    the accumulators that it read, what it adds to them, what it took from accounts, and its steps.
    """

    class Kind(models.TextChoices):
        SETTLED = "settled", _("settled")
        REVERSED = "reversed", _("reversed")

    class Cause(models.TextChoices):
        CLAIM = "claim", _("claim")
        REVERSAL = "reversal", _("reversal by the institution")
        READJUDICATION = "readjudication", _("re-adjudication")

    id = models.BigAutoField(primary_key=True)
    claim = models.ForeignKey(
        Claim, models.PROTECT, verbose_name=_("claim"), related_name="settlements", db_index=False
    )
    revision = models.PositiveIntegerField(_("revision"))
    previous = models.PositiveIntegerField(_("previous revision"), null=True, blank=True)
    kind = models.CharField(_("outcome"), max_length=10, choices=Kind)
    cause = models.CharField(_("cause"), max_length=15, choices=Cause, default=Cause.CLAIM)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    place = models.BigIntegerField(_("place in the member's sequence"))
    member_id = models.BigIntegerField(_("member"))
    institution_id = models.BigIntegerField(_("institution"))
    city = models.CharField(_("city"), max_length=6)
    service_date = models.DateField(_("service date"))
    version_id = models.BigIntegerField(_("policy version"))
    fingerprint = models.CharField(_("fingerprint of the terms"), max_length=64)
    engine_version = models.PositiveSmallIntegerField(_("engine version"))
    benefit = models.CharField(_("benefit"), max_length=20, choices=BenefitKind)
    tier = models.CharField(_("tier"), max_length=30, blank=True)
    status = models.CharField(_("member status"), max_length=10, choices=Status)
    fund_rate = models.IntegerField(_("fund rate (ten-thousandths)"), null=True, blank=True)
    total = fen(_("total"))
    self_funded = fen(_("self-funded"))
    over_price = fen(_("over price"))
    upfront_self_pay = fen(_("upfront self-payment"))
    eligible = fen(_("eligible expense"))
    deductible = fen(_("deductible"))
    over_limit = fen(_("over limit"))
    pooled_fund = fen(_("pooled fund"))
    critical_illness = fen(_("critical illness"))
    institution_share = fen(_("institution's share"))
    personal = fen(_("personal"))
    account = fen(_("personal account"))
    family_account = fen(_("family account"))
    cash = fen(_("cash"))
    case = models.TextField(_("case"))
    used = models.TextField(_("accumulators before"))
    deltas = models.TextField(_("accumulator changes"))
    spent = models.TextField(_("taken from accounts"))
    steps = models.TextField(_("steps"))
    run_id = models.BigIntegerField(_("re-adjudication run"), null=True, blank=True)
    reversal_reason = models.CharField(_("reason of the reversal"), max_length=300, blank=True)
    settled_at = models.DateTimeField(_("settled at"))

    class Meta:
        ordering = ["claim", "revision"]
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        indexes = [
            # Whom and how many a change of a city's policy touches, answered from the index alone.
            models.Index(fields=["city", "service_date", "kind", "member_id"], name="settlement_city"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["claim", "revision"], name="settlement_revision_once"),
            # Two claims of a member at one place would mean that two workers settled them side by side.
            models.UniqueConstraint(fields=["member_id", "place", "revision"], name="settlement_place_once"),
            models.CheckConstraint(
                condition=Q(revision=1, previous__isnull=True)
                | Q(revision__gt=1, previous=F("revision") - 1, previous__isnull=False),
                name="settlement_follows_the_one_before",
            ),
            models.CheckConstraint(
                condition=(Q(Exact(_PARITY, 1)) & _SETTLES) | (Q(Exact(_PARITY, 0)) & _REVERSES),
                name="settlement_odd_settles_even_reverses",
            ),
            models.CheckConstraint(
                condition=(_SETTLES & Q(cause__in=["claim", "readjudication"]))
                | (_REVERSES & Q(cause__in=["reversal", "readjudication"])),
                name="settlement_cause_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(cause="readjudication", run_id__isnull=False)
                | (~Q(cause="readjudication") & Q(run_id__isnull=True)),
                name="settlement_names_its_run",
            ),
            models.CheckConstraint(
                condition=(Q(cause="reversal") & ~Q(reversal_reason=""))
                | (~Q(cause="reversal") & Q(reversal_reason="")),
                name="settlement_reversal_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    total=F("pooled_fund") + F("critical_illness") + F("personal") + F("institution_share")
                ),
                name="settlement_payers_sum_to_total",
            ),
            models.CheckConstraint(
                condition=Q(personal=F("account") + F("family_account") + F("cash")),
                name="settlement_personal_is_accounts_and_cash",
            ),
            models.CheckConstraint(
                condition=Q(total=F("eligible") + F("self_funded") + F("over_price") + F("upfront_self_pay")),
                name="settlement_split_sums_to_total",
            ),
            models.CheckConstraint(
                condition=(_SETTLES & Q(**{f"{name}__gte": 0 for name in _SIGNED}))
                | (_REVERSES & Q(**{f"{name}__lte": 0 for name in _SIGNED})),
                name="settlement_signs",
            ),
            models.CheckConstraint(
                condition=Q(institution_share=0) | Q(benefit="day_surgery"),
                name="settlement_institution_share_only_day_surgery",
            ),
            models.CheckConstraint(
                condition=Q(reason="") | Q(pooled_fund=0, critical_illness=0, deductible=0, over_limit=0),
                name="settlement_with_reason_pays_nothing",
            ),
        ]

    def __str__(self):
        return f"{self.claim_id} r{self.revision}"


class Accumulator(models.Model):
    """累计值: what a member has used up, by name (claims.engine.keys): the sum of the settlements' deltas.

    A table for speed: `verify_accumulators` proves it from the settlements, and rebuilds it.
    """

    id = models.BigAutoField(primary_key=True)
    member_id = models.BigIntegerField(_("member"))
    key = models.CharField(_("accumulator"), max_length=120)
    value = models.BigIntegerField(_("value"))

    class Meta:
        ordering = ["member_id", "key"]
        verbose_name = _("accumulator")
        verbose_name_plural = _("accumulators")
        constraints = [
            models.UniqueConstraint(fields=["member_id", "key"], name="accumulator_once"),
            models.CheckConstraint(condition=Q(value__gte=0), name="accumulator_not_negative"),
        ]

    def __str__(self):
        return f"{self.member_id} {self.key}"
