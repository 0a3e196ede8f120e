"""Logins: made, given roles and cities, deactivated, each with a reason; and the roles that there are."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action

from policies import access
from policies.admin.base import RecordAdmin
from policies.admin.pages import form_page
from policies.admin.staff_forms import NewStaffForm, PasswordForm, StaffForm
from policies.cities import local_name
from policies.models import User
from policies.services import people

# Failed logins are in the log, with the request's id; the library's tables are for its own bookkeeping.
admin.site.unregister([Group, AccessAttempt, AccessFailureLog, AccessLog])


def idle(users: QuerySet[User]) -> QuerySet[User]:
    """Logins that cannot do anything, since nobody gave them a role or a city."""
    given = Q(Exists(User.groups.through.objects.filter(user=OuterRef("pk"))))
    given &= Q(Exists(User.cities.through.objects.filter(user=OuterRef("pk"))))
    return users.filter(~given, is_superuser=False, is_active=True)


class IdleFilter(admin.SimpleListFilter):
    title = gettext_lazy("without role or city")
    parameter_name = "idle"

    def lookups(self, request, model_admin):
        return [("yes", gettext_lazy("yes"))]

    def queryset(self, request, queryset):
        return idle(queryset) if self.value() == "yes" else queryset


@admin.register(User)
class UserAdmin(RecordAdmin):
    """Whoever leaves is deactivated: records keep who made them. Roles and cities are given with a reason."""

    labels = {"first_name": gettext_lazy("full name"), "is_active": gettext_lazy("may log in")}
    list_display = ["username", "first_name", "role_names", "city_names", "is_active", "last_login"]
    list_filter = ["is_active", IdleFilter, "groups", "cities"]
    search_fields = ["username", "first_name", "email"]
    ordering = ["username"]
    actions_detail = ["give_password"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups", "cities")

    def acts_on(self, request, obj):
        """A login is changed by those who act in all of its cities; a superuser's by superusers."""
        if obj is None or request.user.is_superuser:
            return True
        own = access.cities_of(request.user)
        return not obj.is_superuser and all(city.pk in own for city in obj.cities.all())

    def has_delete_permission(self, request, obj=None):
        return False

    def get_form(self, request, obj=None, change=False, **kwargs):
        kwargs["form"] = StaffForm if change else NewStaffForm
        form = super().get_form(request, obj, change=change, **kwargs)
        form.reader = request.user
        return form

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["username", "first_name", "email", "password", "again", "roles", "places"]
        if self.is_read_only(request, obj):
            held = ["role_names", "city_names", "last_login", "is_superuser"]
            return ["username", "first_name", "email", "is_active", *held]
        return ["username", "first_name", "email", "is_active", "roles", "places", "last_login"]

    def get_readonly_fields(self, request, obj=None):
        return [] if obj is None else ["username", "role_names", "city_names", "last_login"]

    @admin.display(description=gettext_lazy("roles"))
    def role_names(self, obj):
        if obj.is_superuser:
            return _("everything, everywhere")
        return "、".join(access.role_label(group.name) for group in obj.groups.all()) or None

    @admin.display(description=gettext_lazy("cities"))
    def city_names(self, obj):
        return "、".join(local_name(city) for city in obj.cities.all()) or None

    def create(self, request, obj, reason):
        step = {"actor": request.user, "reason": reason, "at": timezone.now()}
        user = people.create_user(
            username=obj.username, password=obj.wanted_password, name=obj.first_name, email=obj.email, **step
        )
        return people.set_roles(user=user, roles=obj.wanted_roles, cities=obj.wanted_cities, **step)

    def amend(self, request, obj, changed, reason):
        step = {"user": obj, "actor": request.user, "reason": reason, "at": timezone.now()}
        if {"first_name", "email"} & set(changed):
            people.amend_user(name=obj.first_name, email=obj.email, **step)
        if {"roles", "places"} & set(changed):
            people.set_roles(roles=obj.wanted_roles, cities=obj.wanted_cities, **step)
        if "is_active" in changed:
            people.set_active(active=obj.is_active, **step)

    # --- passwords ------------------------------------------------------------------------------------

    def get_urls(self):
        view = self.admin_site.admin_view(self.password_view)
        return [
            path("<path:object_id>/password/", view, name="policies_user_password"),
            *super().get_urls(),
        ]

    @action(description=gettext_lazy("Set a password"), icon="password", permissions=["change"])
    def give_password(self, request, object_id):
        return redirect("admin:policies_user_password", self._seen(request, object_id).pk)

    def password_view(self, request, object_id):
        """Another's password; one's own is changed with the old one."""
        user = self._seen(request, object_id)
        self.require(request, access.MANAGE_USERS, user)
        if user == request.user:
            return redirect("admin:password_change")

        def give(form):
            people.set_password(
                user=user,
                password=form.cleaned_data["password"],
                actor=request.user,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
            return _("The password is set; open sessions of this login have ended.")

        return form_page(
            self,
            request,
            PasswordForm,
            permission=access.MANAGE_USERS,
            title=_("Password of %(name)s") % {"name": user.get_username()},
            label=_("Set the password"),
            act=give,
            lead=_("Hand it over by a safe way, and ask for it to be changed at the first login."),
            initial={},
        )


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """The roles that the system brings are as they are; a superuser may add groups of the bureau's own."""

    list_display = ["role"]

    @admin.display(description=gettext_lazy("role"), ordering="name")
    def role(self, obj):
        return access.role_label(obj.name)

    def has_change_permission(self, request, obj=None):
        brought = obj is not None and obj.name in access.ROLES
        return not brought and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False
