"""What staff set up and what runs leave behind: watches, notices of affected settlements, re-adjudications."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from claims.forms import DecisionForm
from claims.models import AffectedNotice, ReadjudicationRun, Watch
from claims.services import readjudication
from policies import access
from policies.admin.base import FactAdmin, RecordAdmin
from policies.admin.keyset import KeysetList
from policies.admin.labels import YUAN
from policies.admin.pages import form_page

# More claims than this are replayed by the command, not while somebody waits for a page.
AT_ONCE = 500


@admin.register(Watch)
class WatchAdmin(RecordAdmin):
    list_display = ["reason", "institution", "member", "starts_on", "ends_on"]
    list_select_related = ["institution", "member"]
    search_fields = ["reason", "institution__code__exact", "institution__name", "member__number__exact"]
    raw_id_fields = ["institution", "member"]
    fields = ["institution", "member", "starts_on", "ends_on", "reason"]


class ScopeMixin:
    """Columns of what is kept by plain keys: whose settlements it is about."""

    @admin.display(description=gettext_lazy("whose"))
    def whose(self, obj):
        if obj.member_id is not None:
            address = reverse("admin:members_member_change", args=[obj.member_id])
            return format_html('<a href="{}">{}</a>', address, _("member %s") % obj.member_id)
        institution = getattr(obj, "institution_id", None)
        if institution is not None:
            address = reverse("admin:members_institution_change", args=[institution])
            return format_html('<a href="{}">{}</a>', address, _("institution %s") % institution)
        return obj.city


class OpenFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "open"

    def lookups(self, request, model_admin):
        return [("yes", gettext_lazy("not resolved yet")), ("no", gettext_lazy("resolved"))]

    def queryset(self, request, queryset):
        if self.value() in ("yes", "no"):
            return queryset.filter(resolved_by__isnull=self.value() == "yes")
        return queryset


@admin.register(AffectedNotice)
class AffectedNoticeAdmin(ScopeMixin, KeysetList, FactAdmin):
    """Settlements that something later could change; re-adjudicating answers it."""

    list_display = ["at", "kind", "cause", "whose", "since", "until", "settlements", "resolved_by"]
    list_filter = [OpenFilter, "kind", "city"]
    list_select_related = ["resolved_by"]
    ordering = ["-id"]
    search_fields = ["cause"]
    fields = ["kind", "cause", "whose", "since", "until", "settlements", "at", "resolved_by"]
    readonly_fields = ["whose"]
    actions_detail = ["readjudicate"]

    def has_readjudicate_permission(self, request, obj=None):
        return access.may(request.user, "claims.add_readjudicationrun")

    @action(
        description=gettext_lazy("Re-adjudicate…"),
        icon="autorenew",
        url_path="readjudicate",
        permissions=["readjudicate"],
    )
    def readjudicate(self, request, object_id):
        notice = self.get_object(request, unquote(object_id))
        if notice is None:
            raise Http404

        if notice.settlements > AT_ONCE:
            command = f"manage.py readjudicate --notice {notice.pk}"
            told = _("This is about %(count)s settlements, too many for a page: run %(command)s.")
            messages.warning(request, told % {"count": notice.settlements, "command": command})
            return redirect("admin:claims_affectednotice_change", notice.pk)

        def run(form):
            done = readjudication.readjudicate_notice(
                notice=notice, reason=form.cleaned_data["reason"], actor=request.user, at=timezone.now()
            )
            told = _("%(replayed)s claims replayed, %(changed)s changed.")
            return told % {"replayed": done.replayed, "changed": done.changed}

        return form_page(
            self,
            request,
            DecisionForm,
            permission="claims.add_readjudicationrun",
            title=_("Re-adjudicate: %(cause)s") % {"cause": notice.cause},
            label=_("Replay the claims"),
            act=run,
            lead=_(
                "The claims are replayed in the order of receipt under the versions in force; what differs is booked."
            ),
            initial={},
        )


@admin.register(ReadjudicationRun)
class ReadjudicationRunAdmin(ScopeMixin, KeysetList, FactAdmin):
    figures = {"fund_difference": YUAN}
    list_display = [
        "started_at",
        "whose",
        "year",
        "since",
        "actor_name",
        "reason",
        "replayed",
        "changed",
        "shown_fund_difference",
    ]
    list_filter = ["year", "city"]
    ordering = ["-id"]
    search_fields = ["actor_name", "reason"]
    fields = [
        "whose",
        "year",
        "since",
        "actor_name",
        "reason",
        "started_at",
        "replayed",
        "changed",
        "fund_difference",
    ]
    readonly_fields = ["whose"]
