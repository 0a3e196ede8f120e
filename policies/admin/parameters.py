"""The parameter rows of a version, each with a form of its own: open in a draft, read-only once published."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from policies import models
from policies.admin.base import RecordAdmin
from policies.admin.labels import PERCENT, YUAN
from policies.figures import percent_text, yuan_text
from policies.forms import CreditForm
from policies.models.base import BenefitKind, InstitutionKind, ItemKind, Status
from policies.pools import pool_name
from policies.services import VersionRefused
from policies.services.drafts import record_edit
from policies.terms import BASE_RATE
from policies.wording import band_text, disease_text

CITATION = ["document", "clause", "cite_kind", "note"]


class VersionRowAdmin(RecordAdmin):
    """Rows belong to a version: they are reached from its page, and saving leads back there.

    `own`: the row's own fields. Within a draft, a row's rule and tier are of the same draft.
    """

    own: list[str] = []
    list_filter = ["version__city", "cite_kind"]
    list_select_related = ["version__city", "document"]
    search_fields = ["=document__number", "=clause"]
    raw_id_fields = ["document"]
    autocomplete_fields: list[str] = []

    def get_list_display(self, request):
        return ["__str__", "version", *self.listed(), "document", "clause", "cite_kind"]

    def listed(self) -> list[str]:
        return [self.display_of(name) for name in self.own]

    def get_fields(self, request, obj=None):
        return ["version", *self.own, *CITATION]

    def get_readonly_fields(self, request, obj=None):
        return ["version"] if obj else super().get_readonly_fields(request, obj)

    def has_change_permission(self, request, obj=None):
        open_ = obj is None or not obj.version.is_published
        return open_ and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        open_ = obj is None or not obj.version.is_published
        return open_ and super().has_delete_permission(request, obj)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        drafts = models.PolicyVersion.objects.filter(published_at__isnull=True).select_related("city")
        if db_field.name == "version":
            kwargs["queryset"] = drafts
        elif db_field.name in ("rule", "tier"):
            version = self._version_id(request)
            within = {"version": version} if version else {"version__in": drafts}
            kwargs["queryset"] = db_field.remote_field.model.objects.filter(**within)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _version_id(self, request) -> int | None:
        """The version of the row that the request is about, or that it is to be added to."""
        key = request.resolver_match.kwargs.get("object_id")
        if key is not None:
            return self.model.objects.filter(pk=key).values_list("version_id", flat=True).first()
        given = request.GET.get("version", "")
        return int(given) if given.isascii() and given.isdigit() else None

    def amend(self, request, obj, changed, reason):
        self._record_edit(request, obj, reason)
        super().amend(request, obj, changed, reason)

    def delete_model(self, request, obj):
        self._record_edit(request, obj, request.POST["change_reason"])
        super().delete_model(request, obj)

    def _record_edit(self, request, obj, reason):
        """Whoever changes a row has edited its version."""
        try:
            record_edit(version=obj.version, actor=request.user, reason=reason, at=timezone.now())
        except VersionRefused as refused:
            raise ValidationError(refused.problems) from refused

    def response_post_save_add(self, request, obj):
        return self._to_version(obj)

    def response_post_save_change(self, request, obj):
        return self._to_version(obj)

    def _to_version(self, obj):
        return HttpResponseRedirect(reverse("admin:policies_policyversion_change", args=[obj.version_id]))


CONDITION = ["level_min", "level_max", "kinds", "affiliation", "in_city", "named", "position"]
CONDITION_LISTS = {"kinds": InstitutionKind.choices, "named": None}


@admin.register(models.Tier)
class TierAdmin(VersionRowAdmin):
    own = ["code", "name", "name_en", "position"]


@admin.register(models.TierCondition)
class TierConditionAdmin(VersionRowAdmin):
    own = ["tier", *CONDITION]
    lists = CONDITION_LISTS
    list_select_related = ["version__city", "document", "tier"]


@admin.register(models.BenefitRule)
class BenefitRuleAdmin(VersionRowAdmin):
    own = [
        "benefit",
        "waits_for",
        "deductible_mode",
        "deductible_pool",
        "deductible_clause",
        "deductible_note",
        "preferred_clause",
        "prescription_clause",
        "prescription_note",
        "negotiated_clause",
        "as_inpatient_clause",
    ]

    def listed(self):
        return ["waits_for", "deductible_mode", "deductible_pool"]

    def tell(self, name, value, record):
        return pool_name(value) if name == "deductible_pool" else super().tell(name, value, record)


@admin.register(models.InstitutionCondition)
class InstitutionConditionAdmin(VersionRowAdmin):
    own = ["rule", *CONDITION]
    lists = CONDITION_LISTS
    list_select_related = ["version__city", "document", "rule"]


@admin.register(models.BenefitTerm)
class BenefitTermAdmin(VersionRowAdmin):
    figures = {"deductible": YUAN, "rate": PERCENT}
    own = [
        "rule",
        "tier",
        "status",
        "offered",
        "deductible",
        "deductible_waits_for",
        "deductible_clause",
        "rate",
        "rate_waits_for",
    ]
    list_select_related = ["version__city", "document", "rule", "tier"]

    def listed(self):
        return ["offered", "shown_deductible", "deductible_waits_for", "shown_rate", "rate_waits_for"]


@admin.register(models.Coordination)
class CoordinationAdmin(VersionRowAdmin):
    own = ["rule", "situation"]
    list_select_related = ["version__city", "document", "rule"]


@admin.register(models.SpecialDiseaseRule)
class SpecialDiseaseRuleAdmin(VersionRowAdmin):
    own = ["rule", "disease", "waits_for"]
    list_select_related = ["version__city", "document", "rule"]


@admin.register(models.PaymentLimit)
class PaymentLimitAdmin(VersionRowAdmin):
    figures = {"amount": YUAN}
    lists = {"benefits": BenefitKind.choices, "statuses": Status.choices}
    own = ["pool", "period", "basis", "benefits", "statuses", "disease", "amount", "waits_for", "position"]

    def title(self, record):
        parts = (pool_name(record.pool), record.get_period_display(), disease_text(record.disease))
        return " · ".join(part for part in parts if part)

    def tell(self, name, value, record):
        words = {"pool": pool_name, "disease": disease_text}
        return words[name](value) if name in words else super().tell(name, value, record)


@admin.register(models.AdmissionFactor)
class AdmissionFactorAdmin(VersionRowAdmin):
    figures = {"factor": PERCENT}
    own = ["ordinal_from", "factor"]


@admin.register(models.CriticalIllnessRule)
class CriticalIllnessRuleAdmin(VersionRowAdmin):
    figures = {"bonus_per_year": PERCENT, "bonus_max": PERCENT}
    lists = {"benefits": BenefitKind.choices}
    own = ["benefits", "bonus_status", "bonus_per_year", "bonus_max", "bonus_clause"]


@admin.register(models.CriticalIllnessBand)
class CriticalIllnessBandAdmin(VersionRowAdmin):
    figures = {"above": YUAN, "rate": PERCENT}
    own = ["rule", "above", "rate"]
    list_select_related = ["version__city", "document", "rule"]

    def title(self, record):
        return band_text(record.above, None)


@admin.register(models.EntitlementRule)
class EntitlementRuleAdmin(VersionRowAdmin):
    own = ["back_payment_restores"]


@admin.register(models.WaitingPeriod)
class WaitingPeriodAdmin(VersionRowAdmin):
    own = ["employment", "months"]


@admin.register(models.OutOfAreaTerm)
class OutOfAreaTermAdmin(VersionRowAdmin):
    figures = {"upfront": PERCENT}
    own = ["kind", "covered", "upfront", "waits_for"]


@admin.register(models.AccountCredit)
class AccountCreditAdmin(VersionRowAdmin):
    """A credit's value is a rate or an amount, by its method: the form has a box for each."""

    form = CreditForm
    own = [
        "status",
        "employment",
        "plan",
        "age_from",
        "age_to",
        "method",
        "rate",
        "amount",
        "waits_for",
        "position",
    ]

    def listed(self):
        return ["status", "employment", "plan", "age_from", "age_to", "method", "credit", "waits_for"]

    def get_fields(self, request, obj=None):
        fields = super().get_fields(request, obj)
        if not self.is_read_only(request, obj):
            return fields
        return ["credit" if name == "rate" else name for name in fields if name != "amount"]

    @admin.display(description=models.AccountCredit._meta.get_field("value").verbose_name)
    def credit(self, obj):
        return None if obj.value is None else self.tell("value", obj.value, obj)

    def tell(self, name, value, record):
        if name != "value":
            return super().tell(name, value, record)
        return percent_text(value) if record.method == BASE_RATE else yuan_text(value)


@admin.register(models.AccountUseRule)
class AccountUseRuleAdmin(VersionRowAdmin):
    lists = {"item_kinds": ItemKind.choices}
    own = ["relation", "status", "purpose", "place", "item_kinds", "allowed", "position"]


@admin.register(models.DaySurgeryStandard)
class DaySurgeryStandardAdmin(VersionRowAdmin):
    figures = {"amount": YUAN}
    own = ["disease", "amount"]


@admin.register(models.ContributionRate)
class ContributionRateAdmin(VersionRowAdmin):
    figures = {"rate": PERCENT}
    own = ["employment", "rate", "waits_for"]


@admin.register(models.Provision)
class ProvisionAdmin(VersionRowAdmin):
    own = ["topic", "text", "position"]
