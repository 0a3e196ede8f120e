"""Institutions: the register, and what is recorded from an institution's page."""

from django.contrib import admin
from django.db.models import Prefetch
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from members.admin.base import PartyAdmin
from members.admin.keys_page import KeysPage
from members.admin.logins import MAKE_LOGINS, login_page
from members.admin.people import looks_like_number
from members.admin.standings import AgreementInline, DesignationInline, StandingInline
from members.models import Institution, InstitutionStanding
from members.services import institutions
from policies import access


@admin.register(Institution)
class InstitutionAdmin(KeysPage, PartyAdmin):
    list_display = ["code", "name", "city", "level", "kind", "run_by"]
    list_display_links = ["code", "name"]
    list_filter = ["city"]
    list_select_related = ["city"]
    search_fields = ["code"]
    search_help_text = _("A code, or a part of the name")
    fields = ["code", "name", "city"]
    inlines = [StandingInline, AgreementInline, DesignationInline]
    actions_list = ["import_register"]
    actions_detail = [
        "api_keys",
        "new_login",
        {"title": _("Record"), "items": ["set_standing", "record_agreement", "designate"]},
    ]

    def get_queryset(self, request):
        """With the standings up to today, newest first, for the columns of what it is now."""
        known = InstitutionStanding.objects.filter(starts_on__lte=timezone.localdate()).order_by("-starts_on")
        return super().get_queryset(request).prefetch_related(Prefetch("standings", known, "known_standings"))

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if term and looks_like_number(term):
            return queryset.filter(code__startswith=term.upper()), False
        return (queryset.filter(name__contains=term) if term else queryset), False

    def _standing(self, obj):
        return obj.known_standings[0] if obj.known_standings else None

    @admin.display(description=_("level"))
    def level(self, obj):
        standing = self._standing(obj)
        return None if standing is None else standing.level

    @admin.display(description=_("kind"))
    def kind(self, obj):
        standing = self._standing(obj)
        return standing and standing.get_kind_display()

    @admin.display(description=_("run by"))
    def run_by(self, obj):
        standing = self._standing(obj)
        return standing and standing.get_affiliation_display()

    def create(self, request, obj, reason):
        return institutions.register_institution(institution=obj, actor=request.user, reason=reason)

    def amend(self, request, obj, changed, reason):
        institutions.amend_institution(institution=obj, actor=request.user, reason=reason)

    def has_logins_permission(self, request, obj=None):
        return access.may(request.user, MAKE_LOGINS)

    @action(
        description=_("New login for its pages"),
        icon="person_add",
        url_path="new-login",
        permissions=["logins"],
    )
    def new_login(self, request, object_id):
        return login_page(self, request, self._seen(request, object_id))

    @action(description=_("Set a standing"), icon="stairs", permissions=["change"])
    def set_standing(self, request, object_id):
        return self._add(request, object_id, "institutionstanding")

    @action(description=_("Record an agreement"), icon="handshake", permissions=["change"])
    def record_agreement(self, request, object_id):
        return self._add(request, object_id, "agreement")

    @action(description=_("Designate"), icon="verified", permissions=["change"])
    def designate(self, request, object_id):
        return self._add(request, object_id, "designation")

    @action(
        description=_("Import a register"),
        icon="upload_file",
        url_path="import",
        permissions=["add"],
    )
    def import_register(self, request):
        return redirect("admin:members_member_import_register")

    def _add(self, request, object_id, model):
        institution = self._seen(request, object_id)
        return redirect(f"{reverse(f'admin:members_{model}_add')}?institution={institution.pk}")
