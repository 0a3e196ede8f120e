"""What registers and runs book: contributions, account credit runs, and the page that takes register files."""

from functools import partial

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.forms import ContributionForm
from members.models import Contribution, CreditRun, RegisterImport
from members.records import month_of
from members.services.contributions import Booking, book_contribution
from policies import access
from policies.admin.base import FactAdmin
from policies.admin.keyset import KeysetList
from policies.admin.labels import YUAN
from policies.admin.pages import form_page


@admin.register(Contribution)
class ContributionAdmin(KeysetList, FactAdmin):
    """Append-only: a later payment is one more row, and the newest of a month counts."""

    figures = {"base": YUAN}
    list_display = ["member", "month_name", "city", "employment", "shown_base", "paid_on", "recorded_at"]
    list_filter = ["employment", "city"]
    list_select_related = ["member", "city"]
    ordering = ["-id"]
    keyset_time = "recorded_at"
    search_fields = ["member__number__exact"]
    search_help_text = gettext_lazy("The whole member number")
    fields = ["member", "city", "month_name", "employment", "base", "paid_on", "recorded_at", "actor"]
    readonly_fields = ["month_name"]

    @admin.display(description=gettext_lazy("month"), ordering="month")
    def month_name(self, obj):
        return f"{obj.month:%Y-%m}"

    def has_add_permission(self, request):
        return access.may(request.user, "members.add_contribution")

    def add_view(self, request, form_url="", extra_context=None):
        def book(form):
            data = form.cleaned_data
            booking = Booking(
                member_id=form.member.pk,
                city=data["city"].pk,
                month=month_of(data["month"]),
                employment=data["employment"],
                base=data["base"],
                paid_on=data["paid_on"],
            )
            if book_contribution(booking=booking, at=timezone.now(), actor=request.user):
                return _("Booked.")
            return _("This is on record already: nothing was booked.")

        return form_page(
            self,
            request,
            partial(ContributionForm, reader=request.user),
            permission="members.add_contribution",
            title=_("Book a contribution"),
            label=_("Book"),
            act=book,
            lead=_("Contributions come from the register; this books a single one."),
        )


@admin.register(CreditRun)
class CreditRunAdmin(FactAdmin):
    figures = {"amount": YUAN}
    list_display = ["month_name", "city", "at", "credited", "shown_amount", "not_credited"]
    list_filter = ["city"]
    list_select_related = ["city"]
    ordering = ["-id"]
    fields = ["city", "month_name", "at", "credited", "amount", "not_credited", "actor"]
    readonly_fields = ["month_name", "not_credited"]

    @admin.display(description=gettext_lazy("month"), ordering="month")
    def month_name(self, obj):
        return f"{obj.month:%Y-%m}"

    @admin.display(description=gettext_lazy("not credited, by reason"))
    def not_credited(self, obj):
        return "；".join(f"{REASONS.get(code, code)} {count}" for code, count in obj.refused.items()) or None


@admin.register(RegisterImport)
class RegisterImportAdmin(FactAdmin):
    list_display = ["at", "register", "city", "name", "rows", "source", "actor", "reason"]
    list_filter = ["register", "city", "source"]
    list_select_related = ["city", "actor"]
    search_fields = ["name", "=sha256"]
    fields = ["at", "register", "city", "name", "sha256", "rows", "source", "actor", "reason"]


REASONS = {
    "parameter_missing": gettext_lazy("a figure is not set"),
    "no_policy_in_force": gettext_lazy("no policy in force"),
    "not_entitled_arrears": gettext_lazy("month unpaid"),
    "already_credited": gettext_lazy("credited already"),
}
