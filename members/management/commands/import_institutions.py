from django.utils.translation import gettext_lazy as _

from members.importing.command import ImportCommand, progress
from members.importing.institutions import import_institutions, read_institutions


class Command(ImportCommand):
    register = "institutions"
    help = "Import institutions: identity, standing, agreement, designations."

    def read(self, raw, on):
        return read_institutions(raw, progress(_("reading")))

    def write(self, read, reason, actor, at):
        return import_institutions(
            read=read, at=at, actor=actor, reason=reason, progress=progress(_("writing"))
        )
