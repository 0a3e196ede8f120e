from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Watch(models.Model):
    """核查: a monitoring rule that asks for a human look at a member's or an institution's claims (`review`).

    Claims with a service date from `starts_on` to `ends_on` wait until a reviewer releases or refuses them.
    """

    institution = models.ForeignKey(
        "members.Institution",
        models.PROTECT,
        verbose_name=_("institution"),
        null=True,
        blank=True,
        related_name="+",
    )
    member = models.ForeignKey(
        "members.Member", models.PROTECT, verbose_name=_("member"), null=True, blank=True, related_name="+"
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-starts_on"]
        verbose_name = _("watch")
        verbose_name_plural = _("watches")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(institution__isnull=False) | models.Q(member__isnull=False),
                name="watch_names_someone",
            )
        ]

    def __str__(self):
        return self.reason


class ReadjudicationRun(models.Model):
    """A replay of claims under the versions in force: who asked, why, and what it changed. Append-only.

    One row for each member-year whose revisions name it, written with them. A run over many members (a city,
    an institution) has rows for the members it changed, and one without member at its end, with the totals.
    """

    member_id = models.BigIntegerField(_("member"), null=True, blank=True)
    city = models.CharField(_("city"), max_length=6, blank=True)
    year = models.PositiveSmallIntegerField(_("year"))
    since = models.DateField(_("from service date"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    actor_name = models.CharField(_("actor"), max_length=150)
    reason = models.CharField(_("reason"), max_length=300)
    started_at = models.DateTimeField(_("started at"))
    replayed = models.PositiveIntegerField(_("claims replayed"), default=0)
    changed = models.PositiveIntegerField(_("claims changed"), default=0)
    fund_difference = models.BigIntegerField(_("difference of fund payments (fen)"), default=0)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("re-adjudication")
        verbose_name_plural = _("re-adjudications")

    def __str__(self):
        return f"{self.year} {self.reason}"


class ShardWork(models.Model):
    """How far a shard's sets came: `ended` is the number of the last set that a worker began and ended.

    The numbers of those that began are kept where no rollback reaches them (claims.store.begin_set).
    """

    shard = models.PositiveSmallIntegerField(_("shard"), primary_key=True)
    ended = models.BigIntegerField(_("last set that ended"))

    class Meta:
        verbose_name = _("work on a shard")
        verbose_name_plural = _("work on shards")

    def __str__(self):
        return str(self.shard)


class AffectedNotice(models.Model):
    """Settlements that a later event could change: a reversal, a fact that became known, a back-dated version.

    They are those of `member_id` (or, where it is null, of all members of `city`, or at `institution_id`)
    with a service date from `since` to `until`, both in one benefit year, that were in force at `at`; where
    `after_seq` is given, only of claims received after that one. `cause` names the claim, fact or version.
    Re-adjudicating resolves the notice. `claims.selectors_affected` lists the settlements.
    """

    class Kind(models.TextChoices):
        REVERSAL = "reversal", _("a claim was reversed")
        LATE = "late", _("a claim was settled late")
        STAY = "stay", _("a hospital stay became known, or fell away")
        FACT = "fact", _("a fact changed")
        VERSION = "version", _("a version was published for the past")

    kind = models.CharField(_("what happened"), max_length=10, choices=Kind)
    cause = models.CharField(_("cause"), max_length=200)
    member_id = models.BigIntegerField(_("member"), null=True, blank=True)
    institution_id = models.BigIntegerField(_("institution"), null=True, blank=True)
    city = models.CharField(_("city"), max_length=6, blank=True)
    since = models.DateField(_("from service date"))
    until = models.DateField(_("to service date"))
    after_seq = models.BigIntegerField(_("received after"), null=True, blank=True)
    settlements = models.PositiveIntegerField(_("settlements"))
    at = models.DateTimeField(_("at"))
    resolved_by = models.ForeignKey(
        ReadjudicationRun,
        models.PROTECT,
        verbose_name=_("resolved by"),
        null=True,
        blank=True,
        related_name="notices",
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = _("affected settlements")
        verbose_name_plural = _("affected settlements")
        indexes = [
            models.Index(
                fields=["member_id", "since"],
                condition=models.Q(resolved_by__isnull=True),
                name="notice_open",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(since__lte=models.F("until"))
                & models.Q(since__year=models.F("until__year")),
                name="notice_within_a_year",
            )
        ]

    def __str__(self):
        return self.cause
