from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from policies import terms


class CiteKind(models.TextChoices):
    TEXT = terms.TEXT, _("stated in the text")
    ASSUMED = terms.ASSUMED, _("assumed")
    ILLUSTRATIVE = terms.ILLUSTRATIVE, _("illustrative, not from the document")


class Status(models.TextChoices):
    EMPLOYED = terms.EMPLOYED, _("employed")
    RETIRED = terms.RETIRED, _("retired")


class Employment(models.TextChoices):
    EMPLOYEE = terms.EMPLOYEE, _("employee")
    FLEXIBLE = terms.FLEXIBLE, _("flexible employment")


class Plan(models.TextChoices):
    COMBINED = terms.COMBINED, _("combined plan")
    POOLED_ONLY = terms.POOLED_ONLY, _("pooled-only plan")


class BenefitKind(models.TextChoices):
    ORDINARY = terms.ORDINARY, _("ordinary outpatient")
    CHRONIC = terms.CHRONIC, _("outpatient chronic disease")
    SPECIAL = terms.SPECIAL, _("outpatient special disease")
    EMERGENCY = terms.EMERGENCY, _("emergency")
    DAY_SURGERY = terms.DAY_SURGERY, _("day surgery")
    INPATIENT = terms.INPATIENT, _("inpatient")
    NEGOTIATED_DRUG = terms.NEGOTIATED, _("negotiated drug (dual channel)")


class InstitutionKind(models.TextChoices):
    GENERAL = "general", _("general hospital")
    SPECIALIST = "specialist", _("specialist hospital")
    COMMUNITY = "community", _("community health centre")
    STATION = "station", _("community health station")
    TOWNSHIP = "township", _("township health centre")
    CLINIC = "clinic", _("clinic")
    PHARMACY = "pharmacy", _("retail pharmacy")
    OTHER = "other", _("other")


class Affiliation(models.TextChoices):
    PROVINCE = "province", _("run by the province")
    CITY = "city", _("run by the city")
    OTHER = "other", _("other")


class ItemKind(models.TextChoices):
    DRUG = "drug", _("drug")
    DEVICE = "device", _("device")
    CONSUMABLE = "consumable", _("consumable")
    SERVICE = "service", _("service")


class Citation(models.Model):
    """Where a row stands: document, clause, and an interpretation note (I-n) where the text leaves room."""

    document = models.ForeignKey(
        "policies.PolicyDocument", models.PROTECT, verbose_name=_("document"), related_name="+"
    )
    clause = models.CharField(_("clause"), max_length=60, blank=True)
    cite_kind = models.CharField(_("basis"), max_length=12, choices=CiteKind, default=CiteKind.TEXT)
    note = models.CharField(_("interpretation note"), max_length=300, blank=True)

    class Meta:
        abstract = True


class VersionRow(Citation):
    """A parameter row of a policy version: as unchangeable as its version once that is published."""

    version = models.ForeignKey(
        "policies.PolicyVersion",
        models.CASCADE,
        verbose_name=_("policy version"),
        related_name="%(class)s_rows",
    )
    history = HistoricalRecords(inherit=True)

    class Meta:
        abstract = True
