from datetime import datetime, time, timedelta

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from members.admin.base import PartyAdmin, PeriodAdmin
from members.admin.people import PeriodInline, looks_like_number
from members.forms import KeyForm, LoginForm, RevokeForm, RotateForm
from members.models import (
    Agreement,
    Designation,
    Institution,
    InstitutionKey,
    InstitutionLogin,
    InstitutionStanding,
)
from members.services import institutions, keys, logins
from policies import access
from policies.admin.base import FactAdmin
from policies.admin.history import HistoryPage
from policies.admin.pages import form_page

MAKE_LOGINS = "members.add_institutionlogin"


class StandingInline(PeriodInline):
    model = InstitutionStanding
    fields = ["starts_on", "level", "kind", "affiliation"]


class AgreementInline(PeriodInline):
    model = Agreement
    fields = ["starts_on", "ends_on"]


class DesignationInline(PeriodInline):
    model = Designation
    fields = ["benefit", "starts_on", "ends_on"]


@admin.register(Institution)
class InstitutionAdmin(PartyAdmin):
    list_display = ["code", "name", "city", "level", "kind", "run_by"]
    list_display_links = ["code", "name"]
    list_filter = ["city"]
    list_select_related = ["city"]
    search_fields = ["code"]
    search_help_text = gettext_lazy("A code, or a part of the name")
    fields = ["code", "name", "city"]
    inlines = [StandingInline, AgreementInline, DesignationInline]
    actions_list = ["import_register"]
    actions_detail = [
        "api_keys",
        "new_login",
        {"title": gettext_lazy("Record"), "items": ["set_standing", "record_agreement", "designate"]},
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

    @admin.display(description=gettext_lazy("level"))
    def level(self, obj):
        standing = self._standing(obj)
        return None if standing is None else standing.level

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, obj):
        standing = self._standing(obj)
        return standing and standing.get_kind_display()

    @admin.display(description=gettext_lazy("run by"))
    def run_by(self, obj):
        standing = self._standing(obj)
        return standing and standing.get_affiliation_display()

    def create(self, request, obj, reason):
        return institutions.register_institution(institution=obj, actor=request.user, reason=reason)

    def amend(self, request, obj, changed, reason):
        institutions.amend_institution(institution=obj, actor=request.user, reason=reason)

    def has_keys_permission(self, request, obj=None):
        return access.may(request.user, "members.view_institutionkey")

    @action(description=gettext_lazy("API keys"), icon="key", url_path="keys", permissions=["keys"])
    def api_keys(self, request, object_id):
        return self._keys_page(request, self._found(request, object_id))

    def has_logins_permission(self, request, obj=None):
        return access.may(request.user, MAKE_LOGINS)

    @action(
        description=gettext_lazy("New login for its pages"),
        icon="person_add",
        url_path="new-login",
        permissions=["logins"],
    )
    def new_login(self, request, object_id):
        """For those who have no system of their own: they send files on the institution's pages."""
        institution = self._seen(request, object_id)

        def make(form):
            logins.create_login(
                institution=institution,
                username=form.cleaned_data["username"],
                password=form.cleaned_data["password"],
                name=form.cleaned_data["name"],
                actor=request.user,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
            return _("The login is made. It works at %(address)s.") % {
                "address": reverse("institution:login")
            }

        return form_page(
            self,
            request,
            LoginForm,
            permission=MAKE_LOGINS,
            title=_("New login of %(name)s") % {"name": institution.name},
            label=_("Make the login"),
            act=make,
            lead=_("Hand it over by a safe way, and ask for the password to be changed at the first login."),
            initial={},
        )

    @action(description=gettext_lazy("Set a standing"), icon="stairs", permissions=["change"])
    def set_standing(self, request, object_id):
        return self._add(request, object_id, "institutionstanding")

    @action(description=gettext_lazy("Record an agreement"), icon="handshake", permissions=["change"])
    def record_agreement(self, request, object_id):
        return self._add(request, object_id, "agreement")

    @action(description=gettext_lazy("Designate"), icon="verified", permissions=["change"])
    def designate(self, request, object_id):
        return self._add(request, object_id, "designation")

    @action(
        description=gettext_lazy("Import a register"),
        icon="upload_file",
        url_path="import",
        permissions=["add"],
    )
    def import_register(self, request):
        return redirect("admin:members_member_import_register")

    def _add(self, request, object_id, model):
        institution = self._seen(request, object_id)
        return redirect(f"{reverse(f'admin:members_{model}_add')}?institution={institution.pk}")

    # --- API keys: a secret is shown once, in the answer to the request that made it -----------------

    def get_urls(self):
        view = self.admin_site.admin_view
        own = [
            path("<path:object_id>/keys/new/", view(self.new_key), name="members_institution_new_key"),
            path(
                "<path:object_id>/keys/<int:key_id>/rotate/",
                view(self.rotate_key),
                name="members_institution_rotate_key",
            ),
            path(
                "<path:object_id>/keys/<int:key_id>/revoke/",
                view(self.revoke_key),
                name="members_institution_revoke_key",
            ),
        ]
        return own + super().get_urls()

    def new_key(self, request, object_id):
        institution = self._found(request, object_id, "members.add_institutionkey")
        form = KeyForm(request.POST)
        return self._act(request, institution, form, "new", lambda: self._create(request, institution, form))

    def _create(self, request, institution, form):
        _key, secret = keys.create_key(
            institution=institution,
            at=timezone.now(),
            actor=request.user,
            reason=form.cleaned_data["reason"],
            expires_at=_end_of(form.cleaned_data["expires_on"]),
        )
        return secret

    def rotate_key(self, request, object_id, key_id):
        institution = self._found(request, object_id, "members.change_institutionkey")
        key = self._key(institution, key_id)
        form = RotateForm(request.POST)
        return self._act(
            request, institution, form, f"rotate-{key.pk}", lambda: self._rotate(request, key, form)
        )

    def _rotate(self, request, key, form):
        _key, secret = keys.rotate_key(
            key=key,
            at=timezone.now(),
            old_works_until=_end_of(form.cleaned_data["old_until"]),
            actor=request.user,
            reason=form.cleaned_data["reason"],
            expires_at=_end_of(form.cleaned_data["expires_on"]),
        )
        return secret

    def revoke_key(self, request, object_id, key_id):
        institution = self._found(request, object_id, "members.change_institutionkey")
        key = self._key(institution, key_id)
        form = RevokeForm(request.POST)
        return self._act(
            request, institution, form, f"revoke-{key.pk}", lambda: self._revoke(request, key, form)
        )

    def _revoke(self, request, key, form):
        keys.revoke_key(key=key, at=timezone.now(), actor=request.user, reason=form.cleaned_data["reason"])

    def _found(self, request, object_id, permission="members.view_institution") -> Institution:
        if permission != "members.view_institution" and request.method != "POST":
            raise Http404
        if not request.user.has_perm(permission):
            raise PermissionDenied
        institution = self.get_object(request, unquote(object_id))
        if institution is None:
            raise Http404
        return institution

    @staticmethod
    def _key(institution, key_id) -> InstitutionKey:
        key = institution.keys.filter(pk=key_id).first()
        if key is None:
            raise Http404
        return key

    def _act(self, request, institution, form, name, act):
        """Does what a form asks; its faults, or the secret that came of it, stand on the page."""
        if not form.is_valid():
            return self._keys_page(request, institution, open_form=(name, form))
        try:
            secret = act()
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self._keys_page(request, institution, open_form=(name, form))
        return self._keys_page(request, institution, secret=secret, done=True)

    def _keys_page(self, request, institution, *, secret=None, done=False, open_form=(None, None)):
        now = timezone.now()
        live = set(keys.live_keys(institution, at=now).values_list("pk", flat=True))
        name, bound = open_form

        def form(kind, form_class):
            return bound if kind == name else form_class(auto_id=f"{kind}_%s")

        listed = [
            {
                "key": key,
                "live": key.pk in live,
                "rotate": form(f"rotate-{key.pk}", RotateForm),
                "revoke": form(f"revoke-{key.pk}", RevokeForm),
            }
            for key in institution.keys.select_related("created_by")
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("API keys of %(name)s") % {"name": institution},
            "opts": self.opts,
            "original": institution,
            "institution": institution,
            "keys": listed,
            "secret": secret,
            "done": done,
            "new_form": form("new", KeyForm),
            "room": len(live) < keys.LIVE_AT_MOST,
            "may_add": request.user.has_perm("members.add_institutionkey"),
            "may_change": request.user.has_perm("members.change_institutionkey"),
        }
        request.current_app = self.admin_site.name
        response = TemplateResponse(request, "members/keys.html", context)
        response["Cache-Control"] = "no-store"
        return response


def _end_of(day) -> datetime | None:
    """The moment at which a last day is over."""
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


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


class EndingFilter(admin.SimpleListFilter):
    """Keys that stop within a month, which institutions have to be told in time."""

    title = gettext_lazy("runs out")
    parameter_name = "ending"

    def lookups(self, request, model_admin):
        return [("yes", gettext_lazy("within 30 days"))]

    def queryset(self, request, queryset):
        return keys.ending(queryset, at=timezone.now()) if self.value() == "yes" else queryset


@admin.register(InstitutionKey)
class InstitutionKeyAdmin(HistoryPage, FactAdmin):
    """Keys are made and revoked on the institution's page."""

    list_display = [
        "prefix",
        "institution",
        "created_at",
        "created_by",
        "expires_at",
        "revoked_at",
        "last_used_on",
    ]
    list_filter = ["institution__city", EndingFilter]
    list_select_related = ["institution", "created_by"]
    search_fields = ["prefix__exact", "institution__code__exact", "institution__name"]
    fields = ["institution", "prefix", "created_at", "created_by", "expires_at", "revoked_at", "last_used_on"]
    hidden_history = ("digest",)


@admin.register(InstitutionLogin)
class InstitutionLoginAdmin(FactAdmin):
    """Logins are made on the institution's page; as users they are deactivated and given passwords."""

    list_display = ["user", "institution", "may_log_in"]
    list_filter = ["institution__city"]
    list_select_related = ["institution", "user"]
    search_fields = ["user__username__exact", "institution__code__exact", "institution__name"]
    fields = ["user", "institution"]

    @admin.display(description=gettext_lazy("may log in"), boolean=True)
    def may_log_in(self, obj):
        return obj.user.is_active
