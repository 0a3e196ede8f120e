from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.ids import uuid7
from policies.models.base import BenefitKind


class ClaimKey(models.Model):
    """A claim's identity: institution and number, once for ever, however claims are partitioned.

    `id` is the claim's place in the order of receipt (Claim.seq). `digest` is the SHA-256 of the claim's
    normalised content: the same content sent again is the same claim, other content is refused.
    """

    id = models.BigAutoField(primary_key=True)
    institution = models.ForeignKey(
        "members.Institution", models.PROTECT, verbose_name=_("institution"), related_name="+"
    )
    claim_number = models.CharField(_("claim number"), max_length=64)
    claim_id = models.UUIDField(_("claim"), unique=True)
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("claim key")
        verbose_name_plural = _("claim keys")
        # The number first: so the same index finds a claim by the number that people have of it.
        constraints = [
            models.UniqueConstraint(fields=["claim_number", "institution"], name="claim_number_once")
        ]

    def __str__(self):
        return self.claim_number


class Claim(models.Model):
    """费用申报: one visit, stay or dispensing as an institution sent it, and where it stands.

    `content` is the normalised claim in the API's form (canonical JSON, see claims/content.py); the columns
    beside it repeat what is searched by. What was sent never changes; only the columns from `status` on do.
    `code` and `detail` (JSON list of what the message names) say why it is rejected, pended or without
    payment. `place` is its place in its member's sequence, given when it is settled; `revision` the number of
    its settlement revisions. `pended_at`: when a worker last pended it, kept afterwards, so that a claim
    settled late is known as one. `service_date` is the discharge date of a stay.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SETTLED = "settled", _("settled")
        REJECTED = "rejected", _("rejected")
        PENDED = "pended", _("pended")
        MERGED = "merged", _("merged")
        WITHDRAWN = "withdrawn", _("withdrawn")
        REVERSED = "reversed", _("reversed")

    class Source(models.TextChoices):
        API = "api", _("institution, by API")
        PAPER = "paper", _("bureau staff, from paper")
        FILE = "file", _("institution, by file")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    seq = models.BigIntegerField(_("order of receipt"))
    institution = models.ForeignKey(
        "members.Institution",
        models.PROTECT,
        verbose_name=_("institution"),
        related_name="claims",
        db_index=False,
    )
    claim_number = models.CharField(_("claim number"), max_length=64)
    member_number = models.CharField(_("member number"), max_length=30)
    shard = models.PositiveSmallIntegerField(_("shard"))
    benefit = models.CharField(_("benefit claimed"), max_length=20, choices=BenefitKind)
    service_date = models.DateField(_("service date"), null=True, blank=True)
    admitted_on = models.DateField(_("admitted on"), null=True, blank=True)
    discharged_on = models.DateField(_("discharged on"), null=True, blank=True)
    total = models.BigIntegerField(_("total (fen)"))
    content = models.TextField(_("content"))
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.API)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("entered by"),
        null=True,
        blank=True,
        related_name="+",
    )
    received_at = models.DateTimeField(_("received at"))
    received_on = models.DateField(_("received on"))

    status = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    code = models.CharField(_("reason"), max_length=30, blank=True)
    detail = models.TextField(_("detail"), blank=True)
    city = models.CharField(_("city"), max_length=6, blank=True)
    member_id = models.BigIntegerField(_("member"), null=True, blank=True)
    place = models.BigIntegerField(_("place in the member's sequence"), null=True, blank=True)
    revision = models.PositiveIntegerField(_("revisions"), default=0)
    merged_into = models.UUIDField(_("merged into"), null=True, blank=True)
    pended_at = models.DateTimeField(_("pended at"), null=True, blank=True)
    reviewed = models.BooleanField(_("released by a reviewer"), default=False)
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)
    parked = models.BooleanField(_("parked after failures"), default=False)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        indexes = [
            models.Index(
                fields=["shard", "seq"],
                condition=models.Q(status="queued", parked=False),
                name="claim_queue",
            ),
            models.Index(fields=["member_number", "seq"], name="claim_member"),
            models.Index(fields=["institution", "-seq"], name="claim_institution"),
            models.Index(fields=["city", "code"], condition=models.Q(status="pended"), name="claim_pended"),
            # Few are parked or from paper, so that finding them costs the others nothing.
            models.Index(fields=["id"], condition=models.Q(parked=True), name="claim_parked"),
            models.Index(fields=["id"], condition=models.Q(source="paper"), name="claim_paper"),
            # Few claims are stays: finds a member's without reading all that he ever sent.
            models.Index(
                fields=["member_number"], condition=models.Q(admitted_on__isnull=False), name="claim_stay"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(total__gte=0), name="claim_total_not_negative"),
        ]

    def __str__(self):
        return self.claim_number


class ClaimEvent(models.Model):
    """What people did with a claim, and why: append-only. `actor` is empty for institution and machine."""

    class Kind(models.TextChoices):
        ENTERED = "entered", _("entered from paper")
        WITHDRAWN = "withdrawn", _("withdrawn")
        RELEASED = "released", _("released after review")
        REFUSED = "refused", _("refused after review")
        REQUEUED = "requeued", _("queued again")
        REVERSED = "reversed", _("reversed")
        READJUDICATED = "readjudicated", _("re-adjudicated")
        PARKED = "parked", _("parked after failures")

    claim = models.ForeignKey(Claim, models.PROTECT, verbose_name=_("claim"), related_name="events")
    kind = models.CharField(_("what"), max_length=15, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    actor_name = models.CharField(_("actor"), max_length=150)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        ordering = ["id"]
        verbose_name = _("claim event")
        verbose_name_plural = _("claim events")

    def __str__(self):
        return self.get_kind_display()
