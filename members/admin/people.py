from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from members.admin.base import PartyAdmin, PeriodAdmin
from members.admin.imports import import_page
from members.forms import EnrolmentForm, MemberForm
from members.masking import mask_id_number, mask_name
from members.models import CarePeriod, DiseaseRegistration, Enrolment, FamilyLink, Member
from members.services import care, people
from policies.admin.base import BoundedPaginator, FactInline
from policies.admin.labels import YUAN
from policies.cities import local_name


class RetiredFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "retired"

    def lookups(self, request, model_admin):
        return [("no", _("employed")), ("yes", _("retired"))]

    def queryset(self, request, queryset):
        on = timezone.localdate()
        if self.value() == "yes":
            return queryset.filter(retired_on__lte=on)
        return queryset.exclude(retired_on__lte=on) if self.value() == "no" else queryset


class PeriodInline(FactInline):
    """A member's or institution's dated rows; each is opened to move its end."""

    tab = True


class EnrolmentInline(PeriodInline):
    model = Enrolment
    fields = ["city", "employment", "plan", "starts_on", "ends_on"]


class RegistrationInline(PeriodInline):
    model = DiseaseRegistration
    fields = ["benefit", "disease", "starts_on", "ends_on"]


class CareInline(PeriodInline):
    model = CarePeriod
    fields = ["kind", "starts_on", "ends_on"]


class SharedWithInline(PeriodInline):
    """The accounts that may pay for this member."""

    model = FamilyLink
    fk_name = "user"
    fields = ["owner", "relation", "position", "consented_on", "ends_on"]
    verbose_name_plural = _("family accounts that may pay for this member")


def looks_like_number(term: str) -> bool:
    """Whether a search term is a member, citizen, claim or institution number rather than a name."""
    return term.isascii() and any(sign.isdigit() for sign in term)


@admin.register(Member)
class MemberAdmin(PartyAdmin):
    """Numbers are shown masked; the whole one finds its member."""

    form = MemberForm
    figures = {"own_monthly_credit": YUAN}
    labels = {"name": _("full name")}
    masked = {"number": mask_id_number, "id_number": mask_id_number, "name": mask_name}
    list_display = ["told_number", "told_name", "born", "retired_on", "died_on", "surplus_years"]
    list_display_links = ["told_number", "told_name"]
    list_filter = [RetiredFilter]
    ordering = ["number"]
    search_fields = ["number"]
    search_help_text = _("The whole member or ID number, or the beginning of a name")
    show_full_result_count = False
    paginator = BoundedPaginator
    inlines = [EnrolmentInline, RegistrationInline, CareInline, SharedWithInline]
    actions_list = ["import_register"]
    actions_detail = [
        "year",
        {
            "title": _("Record"),
            "items": ["register_disease", "record_care", "enrol", "link_family"],
        },
    ]

    def get_search_results(self, request, queryset, search_term):
        """By the indexes on both numbers where it is a number, else by name."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if looks_like_number(term):
            upper = term.upper()
            return queryset.filter(number=upper) | queryset.filter(id_number=upper), False
        return queryset.filter(name__startswith=term), False

    def get_fieldsets(self, request, obj=None):
        self_fields = ["name", "born", "surplus_years", "own_monthly_credit", "retired_on", "died_on"]
        numbers = ["number", "id_number"]
        if obj is None:
            return self._with_reason([(None, {"fields": [*numbers, *self_fields]})])
        if self.is_read_only(request, obj):
            shown = ["told_number", "told_id_number", "name", "born", "surplus_years"]
            return [(None, {"fields": [*shown, "shown_own_monthly_credit", "retired_on", "died_on"]})]
        fields = ["told_number", "told_id_number", *self_fields]
        correction = (
            _("Correct a number"),
            {"fields": ["new_number", "new_id_number"], "classes": ["collapse"]},
        )
        return self._with_reason([(None, {"fields": fields}), correction])

    def get_readonly_fields(self, request, obj=None):
        return ["told_number", "told_id_number"] if obj else []

    def create(self, request, obj, reason):
        retired_on, died_on = obj.retired_on, obj.died_on
        obj.died_on = None
        people.register_member(member=obj, actor=request.user, reason=reason)
        obj.retired_on = retired_on
        if died_on is not None:
            self._record_death(request, obj, died_on, reason)
        return obj

    def amend(self, request, obj, changed, reason):
        retired_on, died_on = obj.retired_on, obj.died_on
        if set(changed) - {"change_reason", "retired_on", "died_on"}:
            people.amend_member(member=obj, actor=request.user, reason=reason)
        if "retired_on" in changed:
            people.record_retirement(member=obj, retired_on=retired_on, actor=request.user, reason=reason)
        if "died_on" in changed:
            self._record_death(request, obj, died_on, reason)

    def _record_death(self, request, obj, died_on, reason):
        on = timezone.localdate()
        people.record_death(member=obj, died_on=died_on, on=on, actor=request.user, reason=reason)

    @action(description=_("Member's year"), icon="calendar_month", permissions=["view"])
    def year(self, request, object_id):
        member = self._seen(request, object_id)
        return redirect("admin:claims_member_year", member.pk, timezone.localdate().year)

    @action(description=_("Register a disease"), icon="assignment_ind", permissions=["change"])
    def register_disease(self, request, object_id):
        return self._add(request, object_id, "diseaseregistration", "member")

    @action(description=_("Record a stay"), icon="bed", permissions=["change"])
    def record_care(self, request, object_id):
        return self._add(request, object_id, "careperiod", "member")

    @action(description=_("Enrol"), icon="add_card", permissions=["change"])
    def enrol(self, request, object_id):
        return self._add(request, object_id, "enrolment", "member")

    @action(description=_("Link a family account"), icon="family_restroom", permissions=["change"])
    def link_family(self, request, object_id):
        return self._add(request, object_id, "familylink", "user")

    @action(description=_("Import a register"), icon="upload_file", url_path="import", permissions=["add"])
    def import_register(self, request):
        return import_page(self, request)

    def _add(self, request, object_id, model, name):
        member = self._seen(request, object_id)
        return redirect(f"{reverse(f'admin:members_{model}_add')}?{name}={member.pk}")


@admin.register(Enrolment)
class EnrolmentAdmin(PeriodAdmin):
    form = EnrolmentForm
    list_display = ["member", "city", "employment", "plan", "starts_on", "ends_on"]
    list_filter = ["city", "employment", "plan"]
    list_select_related = ["member", "city"]
    search_fields = ["member__number__exact"]
    search_help_text = _("The whole member number")
    show_full_result_count = False
    paginator = BoundedPaginator
    raw_id_fields = ["member"]
    fields = ["member", "city", "employment", "plan", "starts_on", "ends_on"]

    def title(self, record):
        return f"{local_name(record.city)} {record.starts_on}–{record.ends_on or ''}"

    def get_fieldsets(self, request, obj=None):
        fieldsets = [(None, {"fields": self.fields})]
        if obj is not None and not self.is_read_only(request, obj):
            fields = ["from_day", "new_employment", "new_plan"]
            fieldsets.append((_("Change of employment or plan"), {"fields": fields}))
        return self._with_reason(fieldsets) if not self.is_read_only(request, obj) else fieldsets

    def create(self, request, obj, reason):
        return people.enrol(
            member=obj.member,
            city=obj.city,
            starts_on=obj.starts_on,
            ends_on=obj.ends_on,
            employment=obj.employment,
            plan=obj.plan,
            actor=request.user,
            reason=reason,
        )

    def amend(self, request, obj, changed, reason):
        if obj.change_from is None:
            people.end_cover(enrolment=obj, ends_on=obj.ends_on, actor=request.user, reason=reason)
            return
        people.change_employment(
            enrolment=obj,
            from_day=obj.change_from,
            employment=obj.change_employment,
            plan=obj.change_plan,
            actor=request.user,
            reason=reason,
        )


@admin.register(DiseaseRegistration)
class DiseaseRegistrationAdmin(PeriodAdmin):
    list_display = ["member", "benefit", "disease", "starts_on", "ends_on"]
    list_filter = ["benefit"]
    list_select_related = ["member"]
    search_fields = ["member__number__exact", "disease__startswith"]
    search_help_text = _("The whole member number, or the beginning of a disease code")
    show_full_result_count = False
    paginator = BoundedPaginator
    raw_id_fields = ["member"]
    fields = ["member", "benefit", "disease", "starts_on", "ends_on"]

    def create(self, request, obj, reason):
        return care.register_disease(
            member=obj.member,
            benefit=obj.benefit,
            disease=obj.disease,
            starts_on=obj.starts_on,
            ends_on=obj.ends_on,
            actor=request.user,
            reason=reason,
        )

    def amend(self, request, obj, changed, reason):
        care.end_registration(registration=obj, ends_on=obj.ends_on, actor=request.user, reason=reason)


@admin.register(CarePeriod)
class CarePeriodAdmin(PeriodAdmin):
    list_display = ["member", "kind", "starts_on", "ends_on"]
    list_filter = ["kind"]
    list_select_related = ["member"]
    search_fields = ["member__number__exact"]
    search_help_text = _("The whole member number")
    show_full_result_count = False
    paginator = BoundedPaginator
    raw_id_fields = ["member"]
    fields = ["member", "kind", "starts_on", "ends_on"]

    def create(self, request, obj, reason):
        return care.record_care_period(
            member=obj.member,
            kind=obj.kind,
            starts_on=obj.starts_on,
            ends_on=obj.ends_on,
            actor=request.user,
            reason=reason,
        )

    def amend(self, request, obj, changed, reason):
        care.end_care_period(period=obj, ends_on=obj.ends_on, actor=request.user, reason=reason)
