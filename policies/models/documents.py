from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from policies.models.base import Citation


class City(models.Model):
    """统筹地区, keyed by its division code (GB/T 2260)."""

    code = models.CharField(
        _("division code"), max_length=6, primary_key=True, validators=[RegexValidator(r"^[0-9]{6}$")]
    )
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        verbose_name = _("city")
        verbose_name_plural = _("cities")

    def __str__(self):
        return self.name


class PolicyDocument(models.Model):
    """政策文件: what parameters cite. `available` is false for a text that others cite and nobody has yet."""

    class Kind(models.TextChoices):
        FRAMEWORK = "framework", _("framework")
        IMPLEMENTING = "implementing", _("implementing rule")
        CONSULTATION = "consultation", _("consultation draft")
        CITED = "cited", _("cited elsewhere")

    number = models.CharField(_("document number"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    issuer = models.CharField(_("issuer"), max_length=100, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    city = models.ForeignKey(
        City, models.PROTECT, verbose_name=_("city"), null=True, blank=True, related_name="documents"
    )
    available = models.BooleanField(_("text available"), default=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["number"]
        verbose_name = _("policy document")
        verbose_name_plural = _("policy documents")

    def __str__(self):
        return self.number


class FrameworkBound(Citation):
    """What a framework document demands of the versions of its cities.

    `city` is the city bound, or the code of its province (370000), which binds every city under it.
    `value` is a rate (ten-thousandths) for `min_rate` and `max_rate`, an amount (fen) for `max_deductible` and
    `max_limit` (of a year); `retired_tilt` needs none; `latest_date` uses `on`.
    """

    class Rule(models.TextChoices):
        MIN_RATE = "min_rate", _("lowest fund rate")
        MAX_RATE = "max_rate", _("highest fund rate")
        RETIRED_TILT = "retired_tilt", _("retired members at least as well")
        MAX_DEDUCTIBLE = "max_deductible", _("highest deductible")
        MAX_LIMIT = "max_limit", _("highest limit of a year")
        LATEST_DATE = "latest_date", _("in place at the latest")

    rule = models.CharField(_("rule"), max_length=20, choices=Rule)
    benefit = models.CharField(_("benefit"), max_length=20, blank=True)
    status = models.CharField(_("status"), max_length=10, blank=True)
    value = models.PositiveIntegerField(_("value"), null=True, blank=True)
    on = models.DateField(_("date"), null=True, blank=True)
    city = models.ForeignKey(City, models.PROTECT, verbose_name=_("city"), related_name="bounds")
    history = HistoricalRecords()

    class Meta:
        ordering = ["city", "rule", "benefit", "status"]
        verbose_name = _("framework bound")
        verbose_name_plural = _("framework bounds")
        constraints = [
            models.UniqueConstraint(fields=["city", "rule", "benefit", "status"], name="bound_once"),
        ]

    def __str__(self):
        return f"{self.get_rule_display()} {self.benefit} {self.status}".strip()


class DocumentFile(models.Model):
    """A document's text as a file: append-only, told from others by its hash. Kept under MEDIA_ROOT.

    `uploaded_by` is nobody where a command attached it; `uploaded_by_name` then names the command.
    """

    document = models.ForeignKey(
        PolicyDocument, models.PROTECT, verbose_name=_("document"), related_name="files"
    )
    file = models.FileField(_("file"), upload_to="documents")
    name = models.CharField(_("name"), max_length=200)
    media_type = models.CharField(_("kind"), max_length=100)
    size = models.PositiveIntegerField(_("size (bytes)"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("by"), null=True, related_name="+"
    )
    uploaded_by_name = models.CharField(_("uploaded by"), max_length=150)
    at = models.DateTimeField(_("at"))

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("file of a document")
        verbose_name_plural = _("files of documents")
        constraints = [models.UniqueConstraint(fields=["document", "sha256"], name="document_file_once")]

    def __str__(self):
        return self.name
