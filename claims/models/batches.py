from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.ids import uuid7

F, Q = models.F, models.Q


class ClaimBatch(models.Model):
    """批量申报: a file of claims that an institution sent, and what became of each; append-only.

    Stored in one transaction with its claims, so a batch that is there is there whole. `digest` is the SHA-256
    of what the file says (not of its bytes): under one `idempotency_key` the same content is the same batch.
    `receipts` is compact JSON, one entry for each claim that was taken or was there already: the row where it
    stands in the file, the claim's id in hex, and whether this batch stored it. Those refused are rows of
    ClaimBatchRow. A table with a row for each claim would cost as much again as storing the claim's key.
    """

    class Format(models.TextChoices):
        JSON = "json", "JSON"
        NDJSON = "ndjson", "NDJSON"
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    class Source(models.TextChoices):
        API = "api", _("by API")
        PAGE = "page", _("on the upload page")
        COMMAND = "command", _("by command")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(
        "members.Institution", models.PROTECT, verbose_name=_("institution"), related_name="+", db_index=False
    )
    idempotency_key = models.CharField(_("idempotency key"), max_length=200, blank=True)
    digest = models.CharField(_("digest"), max_length=64)
    format = models.CharField(_("format"), max_length=10, choices=Format)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    name = models.CharField(_("file name"), max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    actor_name = models.CharField(_("actor"), max_length=150, blank=True)
    received_at = models.DateTimeField(_("received at"))
    claims = models.PositiveIntegerField(_("claims"))
    stored = models.PositiveIntegerField(_("stored"))
    same = models.PositiveIntegerField(_("there already"))
    refused = models.PositiveIntegerField(_("refused"))
    receipts = models.TextField(_("receipts"))

    class Meta:
        ordering = ["-id"]
        verbose_name = _("batch of claims")
        verbose_name_plural = _("batches of claims")
        indexes = [
            models.Index(fields=["institution", "-id"], name="batch_institution"),
            models.Index(fields=["-id"], condition=Q(refused__gt=0), name="batch_with_faults"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="batch_key_once",
            ),
            models.CheckConstraint(
                condition=Q(claims=F("stored") + F("same") + F("refused")), name="batch_counts_add_up"
            ),
        ]

    def __str__(self):
        return self.name or str(self.pk)


class ClaimBatchRow(models.Model):
    """A claim of a batch that was refused, with every fault: append-only.

    `row` is where it begins: the row of a table, the line of NDJSON, the place in a JSON array (from 1).
    `faults` is a JSON list of [row, column, pointer, code, figures] (claims.batch_files.entries.RowFault).
    """

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(
        ClaimBatch, models.PROTECT, verbose_name=_("batch of claims"), related_name="rows"
    )
    row = models.PositiveIntegerField(_("row"))
    claim_number = models.CharField(_("claim number"), max_length=64, blank=True)
    faults = models.TextField(_("faults"))

    class Meta:
        ordering = ["batch", "row"]
        verbose_name = _("refused claim of a batch")
        verbose_name_plural = _("refused claims of batches")

    def __str__(self):
        return f"{self.row} {self.claim_number}".strip()
