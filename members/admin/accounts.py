from functools import partial

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from members.admin.base import PeriodAdmin
from members.forms import CorrectionForm, FamilyLinkForm
from members.models import AccountEntry, FamilyLink, PersonalAccount
from members.services import accounts, care, transfers
from policies import access
from policies.admin.base import BoundedPaginator, FactAdmin
from policies.admin.keyset import KeysetList
from policies.admin.labels import YUAN
from policies.admin.pages import form_page
from policies.figures import percent_text, yuan_text
from policies.models import AccountCredit, AccountUseRule
from policies.models.base import ItemKind, Status


@admin.register(PersonalAccount)
class PersonalAccountAdmin(KeysetList, FactAdmin):
    figures = {"balance": YUAN}
    list_display = ["member", "shown_balance"]
    list_select_related = ["member"]
    ordering = ["pk"]
    search_fields = ["member__number__exact"]
    search_help_text = _("The whole member number")
    fields = ["member", "balance", "entries_link"]
    readonly_fields = ["entries_link"]

    @admin.display(description=_("account entries"))
    def entries_link(self, obj):
        address = reverse("admin:members_accountentry_changelist")
        return format_html('<a href="{}?account__pk__exact={}">{}</a>', address, obj.pk, _("all entries"))


@admin.register(AccountEntry)
class AccountEntryAdmin(KeysetList, FactAdmin):
    """Entries are booked by credits and settlements; staff book corrections, as entries of their own."""

    figures = {"amount": YUAN}
    list_display = ["on", "account", "cause", "shown_amount", "month_name", "reason", "actor"]
    list_filter = ["cause"]
    list_select_related = ["account__member", "actor"]
    ordering = ["-id"]
    keyset_time = "at"
    search_fields = ["account__member__number__exact"]
    search_help_text = _("The whole member number")
    fields = [
        "account",
        "cause",
        "amount",
        "on",
        "at",
        "month_name",
        "rests_on",
        "claim_link",
        "reason",
        "actor",
    ]
    readonly_fields = ["month_name", "rests_on", "claim_link"]

    def has_add_permission(self, request):
        return access.may(request.user, "members.add_accountentry")

    def add_view(self, request, form_url="", extra_context=None):
        def correct(form):
            data = form.cleaned_data
            accounts.correct(
                member=form.member,
                amount=data["amount"],
                on=data["on"],
                at=timezone.now(),
                actor=request.user,
                reason=data["reason"],
            )
            return _("The correction is booked.")

        return form_page(
            self,
            request,
            partial(CorrectionForm, reader=request.user),
            permission="members.add_accountentry",
            title=_("Correct an account"),
            label=_("Book the correction"),
            act=correct,
            lead=_("A correction is an entry of its own; no entry is ever changed."),
        )

    @admin.display(description=_("month"), ordering="month")
    def month_name(self, obj):
        return f"{obj.month:%Y-%m}" if obj.month else None

    @admin.display(description=_("claim"))
    def claim_link(self, obj):
        if obj.settlement_claim is None:
            return None
        address = reverse("admin:claims_claim_change", args=[obj.settlement_claim])
        return format_html('<a href="{}">{}</a>', address, _("settlement %s") % obj.settlement_revision)

    @admin.display(description=_("rests on"))
    def rests_on(self, obj):
        return details_text(obj.details) or None


_DETAILS = {
    "method": _("method"),
    "status": _("status"),
    "base": _("contribution base"),
    "rate": _("rate"),
    "factor": _("amount for each year of age"),
    "age": _("age"),
    "own": _("the member's own amount"),
    "fixed": _("fixed amount"),
    "purpose": _("purpose"),
    "relation": _("for"),
    "place": _("place"),
    "item_kind": _("kind of item"),
    "policy": _("policy version"),
    "document": _("document"),
    "clause": _("clause"),
    "note": _("interpretation note"),
    "from": _("from"),
    "to": _("to"),
    "ground": _("ground"),
}
_AMOUNTS = ("base", "factor", "own", "fixed")
_WORDS = {
    "method": AccountCredit.Method.choices,
    "status": Status.choices,
    "purpose": AccountUseRule.Purpose.choices,
    "relation": AccountUseRule.Relation.choices,
    "place": AccountUseRule.Place.choices,
    "item_kind": ItemKind.choices,
    "ground": transfers.GROUNDS.items(),
}


def details_text(details: dict) -> str:
    """What an entry rests on, in words: "method: share of the contribution base；contribution base: 5,000.00"."""
    found = []
    for name, value in details.items():
        if name not in _DETAILS:
            continue
        if name in _AMOUNTS:
            value = yuan_text(value)
        elif name == "rate":
            value = percent_text(value)
        elif name in _WORDS:
            value = dict(_WORDS[name]).get(value, value)
        found.append(f"{_DETAILS[name]} {value}")
    return "；".join(found)


@admin.register(FamilyLink)
class FamilyLinkAdmin(PeriodAdmin):
    form = FamilyLinkForm
    list_display = ["owner", "user", "relation", "position", "consented_on", "ends_on"]
    list_filter = ["relation"]
    list_select_related = ["owner", "user"]
    search_fields = ["owner__number__exact", "user__number__exact"]
    search_help_text = _("The whole member number of either")
    show_full_result_count = False
    paginator = BoundedPaginator
    raw_id_fields = ["owner", "user"]
    fields = ["owner", "user", "relation", "consented_on", "ends_on"]

    def get_readonly_fields(self, request, obj=None):
        return ["ends_on"] if obj is None else super().get_readonly_fields(request, obj)

    def create(self, request, obj, reason):
        return care.link_family(
            owner=obj.owner,
            user=obj.user,
            relation=obj.relation,
            consented_on=obj.consented_on,
            actor=request.user,
            reason=reason,
        )

    def amend(self, request, obj, changed, reason):
        care.end_family_link(link=obj, ends_on=obj.ends_on, actor=request.user, reason=reason)
