"""What is dated about an institution: standings, agreements, designations, on its page and on their own."""

from django.contrib import admin

from members.admin.base import PeriodAdmin
from members.admin.people import PeriodInline
from members.models import Agreement, Designation, InstitutionStanding
from members.services import institutions


class StandingInline(PeriodInline):
    model = InstitutionStanding
    fields = ["starts_on", "level", "kind", "affiliation"]


class AgreementInline(PeriodInline):
    model = Agreement
    fields = ["starts_on", "ends_on"]


class DesignationInline(PeriodInline):
    model = Designation
    fields = ["benefit", "starts_on", "ends_on"]


class InstitutionRowAdmin(PeriodAdmin):
    list_filter = ["institution__city"]
    list_select_related = ["institution"]
    search_fields = ["institution__code__exact", "institution__name"]
    raw_id_fields = ["institution"]


@admin.register(InstitutionStanding)
class InstitutionStandingAdmin(InstitutionRowAdmin):
    """A standing holds until the next; the one of a day can be corrected."""

    list_display = ["institution", "starts_on", "level", "kind", "affiliation"]
    list_filter = ["level", "kind", "affiliation", "institution__city"]
    fields = ["institution", "starts_on", "level", "kind", "affiliation"]

    def get_readonly_fields(self, request, obj=None):
        return [] if obj is None else ["institution", "starts_on"]

    def create(self, request, obj, reason):
        return institutions.set_standing(
            institution=obj.institution,
            starts_on=obj.starts_on,
            level=obj.level,
            kind=obj.kind,
            affiliation=obj.affiliation,
            actor=request.user,
            reason=reason,
        )

    def amend(self, request, obj, changed, reason):
        self.create(request, obj, reason)


@admin.register(Agreement)
class AgreementAdmin(InstitutionRowAdmin):
    list_display = ["institution", "starts_on", "ends_on"]
    fields = ["institution", "starts_on", "ends_on"]

    def create(self, request, obj, reason):
        return institutions.record_agreement(
            institution=obj.institution,
            starts_on=obj.starts_on,
            ends_on=obj.ends_on,
            actor=request.user,
            reason=reason,
        )

    def amend(self, request, obj, changed, reason):
        institutions.end_agreement(agreement=obj, ends_on=obj.ends_on, actor=request.user, reason=reason)


@admin.register(Designation)
class DesignationAdmin(InstitutionRowAdmin):
    list_display = ["institution", "benefit", "starts_on", "ends_on"]
    list_filter = ["benefit", "institution__city"]
    fields = ["institution", "benefit", "starts_on", "ends_on"]

    def create(self, request, obj, reason):
        return institutions.designate(
            institution=obj.institution,
            benefit=obj.benefit,
            starts_on=obj.starts_on,
            ends_on=obj.ends_on,
            actor=request.user,
            reason=reason,
        )

    def amend(self, request, obj, changed, reason):
        institutions.end_designation(designation=obj, ends_on=obj.ends_on, actor=request.user, reason=reason)
