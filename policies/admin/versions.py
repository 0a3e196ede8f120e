"""Policy versions: the page that shows one, and what staff do with it (draft, publish, withdraw)."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies import models, pages, selectors, store
from policies.admin.base import RecordAdmin
from policies.cities import local_name
from policies.forms import DraftForm, PublishForm, WithdrawForm
from policies.gaps import find_gaps
from policies.models import PolicyDocument, PolicyVersion
from policies.services import VersionRefused, draft_from, publish_version, withdraw_version

_ROWS = (
    models.Tier,
    models.TierCondition,
    models.BenefitRule,
    models.InstitutionCondition,
    models.BenefitTerm,
    models.Coordination,
    models.SpecialDiseaseRule,
    models.PaymentLimit,
    models.AdmissionFactor,
    models.CriticalIllnessRule,
    models.CriticalIllnessBand,
    models.EntitlementRule,
    models.WaitingPeriod,
    models.OutOfAreaTerm,
    models.AccountCredit,
    models.AccountUseRule,
    models.DaySurgeryStandard,
    models.ContributionRate,
    models.Provision,
)


class PublishedFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "published"

    def lookups(self, request, model_admin):
        return [("no", gettext_lazy("draft")), ("yes", gettext_lazy("published"))]

    def queryset(self, request, queryset):
        if self.value() in ("yes", "no"):
            return queryset.filter(published_at__isnull=self.value() == "no")
        return queryset


@admin.register(PolicyVersion)
class PolicyVersionAdmin(RecordAdmin):
    """The change page is the version's own page; `?edit` opens the form of a draft's head."""

    list_display = [
        "city",
        "effective_from",
        "revision",
        "document",
        "published_at",
        "effective_basis",
        "note",
    ]
    list_display_links = ["city", "effective_from"]
    list_filter = ["city", PublishedFilter, "effective_basis"]
    list_select_related = ["city", "document"]
    search_fields = ["city__name", "document__number"]
    ordering = ["city", "-effective_from", "-revision"]
    date_hierarchy = "effective_from"
    fields = [
        "document",
        "effective_from",
        "effective_basis",
        "effective_clause",
        "status_change",
        "status_change_clause",
        "status_change_note",
        "note",
    ]
    raw_id_fields = ["document"]
    history_children = tuple((model, "version_id") for model in _ROWS)
    hidden_history = ("fingerprint", "based_on", "loaded", "created_at", "published_at")

    def has_add_permission(self, request):
        """A draft is made from another version, or loaded from a file."""
        return False

    def has_change_permission(self, request, obj=None):
        return (obj is None or not obj.is_published) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        """A draft that nobody wants is withdrawn, and stays on record."""
        return False

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "status_change":
            return DraftForm.status_change_field()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_urls(self):
        view = self.admin_site.admin_view
        own = [
            path("<path:object_id>/publish/", view(self.publish_view), name="policies_policyversion_publish"),
            path(
                "<path:object_id>/withdraw/", view(self.withdraw_view), name="policies_policyversion_withdraw"
            ),
            path("<path:object_id>/draft/", view(self.draft_view), name="policies_policyversion_draft"),
        ]
        return own + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if "edit" in request.GET:
            return super().change_view(request, object_id, form_url, extra_context)
        version = self._version(request, object_id)
        if not self.has_view_or_change_permission(request, version):
            raise PermissionDenied
        return self._page(request, version)

    def response_post_save_change(self, request, obj):
        return _to(obj)

    # --- what staff do with a version -----------------------------------------------------------------

    def publish_view(self, request, object_id):
        version = self._writable(request, object_id)
        form = PublishForm(request.POST, version=version)
        if not form.is_valid():
            return self._page(request, version, publish_form=form)
        try:
            publish_version(
                version=version,
                actor=request.user,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
                effective_from=form.cleaned_data["effective_from"],
            )
        except VersionRefused as refused:
            return self._page(request, version, publish_form=form, problems=refused.problems)
        messages.success(request, _("Published. From now on nothing in it can change."))
        return _to(version)

    def withdraw_view(self, request, object_id):
        version = self._writable(request, object_id)
        form = WithdrawForm(request.POST)
        if not form.is_valid():
            return self._page(request, version, withdraw_form=form)
        try:
            withdraw_version(
                version=version, actor=request.user, reason=form.cleaned_data["reason"], at=timezone.now()
            )
        except VersionRefused as refused:
            return self._page(request, version, withdraw_form=form, problems=refused.problems)
        messages.success(request, _("Withdrawn. It stays readable."))
        return _to(version)

    def draft_view(self, request, object_id):
        version = self._writable(request, object_id)
        form = DraftForm(request.POST)
        if not form.is_valid():
            return self._page(request, version, draft_form=form)
        try:
            draft = draft_from(
                version=version,
                actor=request.user,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
                effective_from=form.cleaned_data["effective_from"],
            )
        except VersionRefused as refused:
            return self._page(request, version, draft_form=form, problems=refused.problems)
        messages.success(request, _("A draft was made from this version. Its figures can be edited."))
        return _to(draft)

    def _version(self, request, object_id) -> PolicyVersion:
        version = self.get_object(request, unquote(object_id))
        if version is None:
            raise Http404
        return version

    def _writable(self, request, object_id) -> PolicyVersion:
        """The version that a form was sent for, by someone who may change versions."""
        if request.method != "POST":
            raise Http404
        version = self._version(request, object_id)
        if not request.user.has_perm("policies.change_policyversion"):
            raise PermissionDenied
        return version

    # --- the page -------------------------------------------------------------------------------------

    def _page(self, request, version, *, problems=(), **forms):
        content = store.rows_of(version)
        base = version.based_on if not version.is_published else None
        sections = pages.sections(content, store.rows_of(base) if base else None)
        today = timezone.localdate()
        line = selectors.timeline(version.city_id, today)
        entry = next(entry for entry in line if entry.version.pk == version.pk)
        may = request.user.has_perm("policies.change_policyversion")
        documents = dict(PolicyDocument.objects.values_list("number", "pk"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("%(city)s, from %(day)s")
            % {"city": local_name(version.city), "day": version.effective_from or "?"},
            "opts": self.opts,
            "original": version,
            "version": version,
            "entry": entry,
            "timeline": line,
            "today": today,
            "sections": sections,
            "notes": pages.notes(sections),
            "documents": documents,
            "transitions": version.transitions.select_related("actor"),
            "gaps": [] if version.is_published else find_gaps(content, frozenset(documents)),
            "problems": problems,
            "editable": may and entry.state == selectors.DRAFT,
            "may_withdraw": may and entry.state != selectors.WITHDRAWN,
            "may_draft": may,
            "cell_links": self._cell_links(version) if entry.state == selectors.DRAFT else {},
            "publish_form": PublishForm(version=version),
            "withdraw_form": WithdrawForm(),
            "draft_form": DraftForm(),
            **forms,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "policies/version.html", context)

    @staticmethod
    def _cell_links(version) -> dict[str, str]:
        """The form of each figure of a draft, by the key of its cell."""
        cells = models.BenefitTerm.objects.filter(version=version)
        return {
            f"{benefit}/{tier}/{status}": reverse("admin:policies_benefitterm_change", args=[pk])
            for pk, benefit, tier, status in cells.values_list("pk", "rule__benefit", "tier__code", "status")
        }


def _to(version: PolicyVersion) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:policies_policyversion_change", args=[version.pk]))
