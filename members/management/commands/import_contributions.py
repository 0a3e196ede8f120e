from django.utils.translation import gettext_lazy as _

from members.importing.command import ImportCommand, progress
from members.importing.contributions import import_contributions, read_contributions


class Command(ImportCommand):
    register = "contributions"
    help = "Import contributions: member, month, base, day of payment."

    def read(self, raw, on):
        return read_contributions(raw, on=on, progress=progress(_("reading")))

    def write(self, read, reason, actor, at):
        return import_contributions(read=read, at=at, actor=actor, progress=progress(_("writing")))
