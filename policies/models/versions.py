from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from policies.models.base import CiteKind


class PolicyVersion(models.Model):
    """政策版本: all of a city's parameters from a date on, until the next version's date.

    A draft has no `published_at`; a published one never changes again (database triggers), is followed by
    a later date or corrected by a higher `revision` of the same date, and has no stored end.
    `effective_basis` says whether the text gives the date or staff assumed it. `loaded`: made by a command,
    in nobody's name; as long as nobody edits it, a command may also publish it.
    """

    city = models.ForeignKey("policies.City", models.PROTECT, verbose_name=_("city"), related_name="versions")
    document = models.ForeignKey(
        "policies.PolicyDocument", models.PROTECT, verbose_name=_("document"), related_name="versions"
    )
    effective_from = models.DateField(_("effective from"), null=True, blank=True)
    effective_basis = models.CharField(
        _("basis of the date"), max_length=12, choices=CiteKind, default=CiteKind.TEXT
    )
    effective_clause = models.CharField(_("clause of the date"), max_length=60, blank=True)
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    based_on = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("made from"), null=True, blank=True, related_name="followers"
    )
    status_change = models.CharField(_("account changes at retirement"), max_length=12, blank=True)
    status_change_clause = models.CharField(_("clause of that change"), max_length=60, blank=True)
    status_change_note = models.CharField(_("note on that change"), max_length=300, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    loaded = models.BooleanField(_("loaded by a command"), default=False)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, editable=False)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["city", "effective_from", "revision"]
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        permissions = [
            ("submit_policyversion", _("Can send drafts to review")),
            ("review_policyversion", _("Can review, approve and return versions")),
            ("publish_policyversion", _("Can publish versions, and withdraw what is scheduled")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "effective_from", "revision"],
                condition=models.Q(published_at__isnull=False),
                name="published_version_once",
            ),
            models.CheckConstraint(
                condition=models.Q(published_at__isnull=True)
                | (models.Q(effective_from__isnull=False) & ~models.Q(fingerprint="")),
                name="published_version_dated_and_fingerprinted",
            ),
        ]

    def __str__(self):
        return f"{self.city_id} {self.effective_from or '?'} r{self.revision}"

    @property
    def is_published(self) -> bool:
        return self.published_at is not None


class VersionTransition(models.Model):
    """What happened to a version, by whom and why: append-only. `actor` is empty for a command.

    `fingerprint` and `cases` are of its content and of its acceptance cases at that moment: an approval holds
    for exactly these. Triggers refuse an approval by who edited it, and a publication by who edited or
    approved it, or of anything else than what was approved last.
    """

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        SUBMITTED = "submitted", _("sent to review")
        RETURNED = "returned", _("returned")
        APPROVED = "approved", _("approved")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    version = models.ForeignKey(
        PolicyVersion, models.PROTECT, verbose_name=_("policy version"), related_name="transitions"
    )
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
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
    fingerprint = models.CharField(_("fingerprint"), max_length=64, blank=True)
    cases = models.CharField(_("fingerprint of the acceptance cases"), max_length=64, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("version transition")
        verbose_name_plural = _("version transitions")
        permissions = [("export_history", _("Can export history"))]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="transition_has_a_reason"),
        ]

    def __str__(self):
        return f"{self.version} {self.kind}"
