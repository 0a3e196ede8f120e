"""What people did with versions, documents and logins: appended by services, read here."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from policies.admin.base import FactAdmin
from policies.admin.history import HistoryPage
from policies.models import (
    AcceptanceCase,
    DocumentFile,
    UserEvent,
    VersionComment,
    VersionEdit,
    VersionTransition,
)
from policies.views import urls as desk_pages


@admin.register(VersionTransition)
class VersionTransitionAdmin(FactAdmin):
    list_display = ["at", "version", "kind", "actor_name", "reason"]
    list_filter = ["kind", "version__city"]
    list_select_related = ["version"]
    search_fields = ["actor_name", "reason"]
    date_hierarchy = "at"
    fields = ["version", "kind", "actor_name", "reason", "at", "fingerprint"]


@admin.register(VersionEdit)
class VersionEditAdmin(FactAdmin):
    list_display = ["at", "version", "editor_name", "source", "reason"]
    list_filter = ["source", "version__city"]
    list_select_related = ["version"]
    search_fields = ["editor_name", "reason"]
    fields = ["version", "editor_name", "source", "reason", "at"]


@admin.register(VersionComment)
class VersionCommentAdmin(FactAdmin):
    list_display = ["at", "version", "place", "kind", "author_name", "text"]
    list_filter = ["kind", "version__city"]
    list_select_related = ["version"]
    search_fields = ["author_name", "text"]
    fields = ["version", "place", "about", "kind", "text", "author_name", "at"]


@admin.register(AcceptanceCase)
class AcceptanceCaseAdmin(HistoryPage, FactAdmin):
    """Cases are written and removed on the version's own pages."""

    list_display = ["name", "version", "last_on"]
    list_filter = ["version__city"]
    list_select_related = ["version"]
    search_fields = ["name"]
    fields = ["version", "name", "text", "last_on"]


@admin.register(DocumentFile)
class DocumentFileAdmin(FactAdmin):
    """Files are put to a document on its page, and read from there."""

    def get_urls(self):
        return [*desk_pages.patterns(self), *super().get_urls()]

    list_display = ["name", "document", "media_type", "bytes", "uploaded_by_name", "at"]
    list_select_related = ["document"]
    search_fields = ["name", "document__number", "=sha256"]
    fields = ["document", "name", "media_type", "bytes", "sha256", "uploaded_by_name", "at"]
    readonly_fields = ["bytes"]

    @admin.display(description=_("size"), ordering="size")
    def bytes(self, obj):
        return filesizeformat(obj.size)


@admin.register(UserEvent)
class UserEventAdmin(FactAdmin):
    list_display = ["at", "user", "kind", "detail", "actor_name", "reason"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    search_fields = ["user__username", "actor_name", "reason"]
    date_hierarchy = "at"
    fields = ["user", "kind", "detail", "actor_name", "reason", "at"]
