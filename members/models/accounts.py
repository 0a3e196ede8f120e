from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.models.people import Member


class PersonalAccount(models.Model):
    """个人账户. `balance` (fen) is the sum of the entries, kept for speed and locked when it is used."""

    member = models.OneToOneField(
        Member, models.PROTECT, verbose_name=_("member"), primary_key=True, related_name="account"
    )
    balance = models.BigIntegerField(_("balance (fen)"), default=0)

    class Meta:
        verbose_name = _("personal account")
        verbose_name_plural = _("personal accounts")
        constraints = [
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="balance_not_negative")
        ]

    def __str__(self):
        return str(self.member_id)


class AccountEntry(models.Model):
    """One movement of a personal account with its cause: append-only.

    `amount` is signed fen. `settlement_claim` and `settlement_revision` name the settlement of a claim that
    moved it; `month` the month of a credit (its first day); `reason` what staff gave; `details` what the
    figure rests on (method, base, rate, document, clause). A credit that came to nothing is no movement and
    has no entry: the month stays open for it, and its run counts why (`CreditRun`).
    """

    class Cause(models.TextChoices):
        CREDIT = "credit", _("monthly credit")
        SETTLEMENT = "settlement", _("settlement")
        FAMILY = "family", _("settlement of a family member")
        PREMIUM = "premium", _("premium")
        PURCHASE = "purchase", _("purchase")
        REVERSAL = "reversal", _("reversal")
        TRANSFER = "transfer", _("transfer")
        WITHDRAWAL = "withdrawal", _("withdrawal")
        CORRECTION = "correction", _("correction")
        OPENING = "opening", _("opening balance")

    account = models.ForeignKey(
        PersonalAccount, models.PROTECT, verbose_name=_("account"), related_name="entries"
    )
    cause = models.CharField(_("cause"), max_length=12, choices=Cause)
    amount = models.BigIntegerField(_("amount (fen)"))
    on = models.DateField(_("on"))
    at = models.DateTimeField(_("booked at"))
    month = models.DateField(_("month"), null=True, blank=True)
    settlement_claim = models.UUIDField(_("claim"), null=True, blank=True)
    settlement_revision = models.PositiveIntegerField(_("revision"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
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
        ordering = ["account", "id"]
        verbose_name = _("account entry")
        verbose_name_plural = _("account entries")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "month"], condition=models.Q(cause="credit"), name="credited_once_a_month"
            ),
            models.UniqueConstraint(
                fields=["account", "settlement_claim", "settlement_revision"],
                condition=models.Q(settlement_claim__isnull=False),
                name="settlement_booked_once",
            ),
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(cause="opening"), name="opened_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(cause="credit") | models.Q(month__isnull=False),
                name="credit_has_its_month",
            ),
        ]

    def __str__(self):
        return f"{self.get_cause_display()} {self.on}"


class CreditRun(models.Model):
    """One run of a city's monthly credits, append-only: when, by whom (a command or task: null), what came of it.

    `refused`: how many members were not credited, by reason. That a month has a run says that it is credited
    here and not in a system used before, so contributions paid later are credited by later runs.
    """

    city = models.ForeignKey("policies.City", models.PROTECT, verbose_name=_("city"), related_name="+")
    month = models.DateField(_("month"))
    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    credited = models.PositiveIntegerField(_("members credited"))
    amount = models.BigIntegerField(_("amount (fen)"))
    refused = models.JSONField(_("not credited, by reason"), default=dict)

    class Meta:
        ordering = ["city", "month", "at"]
        verbose_name = _("account credit run")
        verbose_name_plural = _("account credit runs")

    def __str__(self):
        return f"{self.city_id} {self.month:%Y-%m}"


class FamilyLink(models.Model):
    """家庭共济: `owner`'s account may pay for `user`, who is the owner's `relation`. In `position` order.

    Works from `consented_on` (the owner's consent on file) to `ends_on` (inclusive).
    """

    class Relation(models.TextChoices):
        SPOUSE = "spouse", _("spouse")
        PARENT = "parent", _("parent")
        CHILD = "child", _("child")
        OTHER = "other", _("other")

    owner = models.ForeignKey(Member, models.PROTECT, verbose_name=_("account owner"), related_name="shares")
    user = models.ForeignKey(Member, models.PROTECT, verbose_name=_("used by"), related_name="shared_with")
    relation = models.CharField(_("relation"), max_length=10, choices=Relation)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    consented_on = models.DateField(_("consent on file since"), null=True, blank=True)
    ends_on = models.DateField(_("to"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["user", "position", "id"]
        verbose_name = _("family link")
        verbose_name_plural = _("family links")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "user"],
                condition=models.Q(ends_on__isnull=True),
                name="family_link_open_once",
                violation_error_message=_(
                    "This account is shared with this member already: end that link first."
                ),
            ),
            models.CheckConstraint(
                condition=~models.Q(owner=models.F("user")),
                name="family_link_to_another",
                violation_error_message=_("An account is not shared with its owner."),
            ),
        ]

    def __str__(self):
        return f"{self.owner_id} → {self.user_id}"
