"""Logins for the institutions' pages: the page that makes one, and the list of them."""

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.forms import LoginForm
from members.models import Institution, InstitutionLogin
from members.services import logins
from policies.admin.base import FactAdmin
from policies.admin.pages import form_page

MAKE_LOGINS = "members.add_institutionlogin"


def login_page(model_admin, request, institution: Institution):
    """Makes a login for those who have no system of their own: they send files on the institution's pages."""

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
        return _("The login is made. It works at %(address)s.") % {"address": reverse("institution:login")}

    return form_page(
        model_admin,
        request,
        LoginForm,
        permission=MAKE_LOGINS,
        title=_("New login of %(name)s") % {"name": institution.name},
        label=_("Make the login"),
        act=make,
        lead=_("Hand it over by a safe way, and ask for the password to be changed at the first login."),
        initial={},
    )


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
