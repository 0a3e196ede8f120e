from django.utils.translation import gettext_lazy as _

from members.importing.command import ImportCommand, progress
from members.importing.members import import_members, read_members


class Command(ImportCommand):
    register = "members"
    help = "Import members: person, current enrolment, opening balance."

    def read(self, raw, on):
        self.on = on
        return read_members(raw, progress(_("reading")))

    def write(self, read, reason, actor, at):
        return import_members(
            read=read, on=self.on, at=at, actor=actor, reason=reason, progress=progress(_("writing"))
        )
