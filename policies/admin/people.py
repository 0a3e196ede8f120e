from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from policies.models import User

# Failed logins are in the log, with the request's id; the library's tables are for its own bookkeeping.
admin.site.unregister([Group, AccessAttempt, AccessFailureLog, AccessLog])


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "last_name", "first_name", "is_staff", "is_active", "last_login"]
    list_filter = ["is_staff", "is_superuser", "is_active", "groups"]
    filter_horizontal = ["groups", "user_permissions", "cities"]
    fieldsets = [*DjangoUserAdmin.fieldsets, (_("Where they may act"), {"fields": ["cities"]})]

    def has_delete_permission(self, request, obj=None):
        """Records keep who made them: someone who leaves is made inactive."""
        return False


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass
