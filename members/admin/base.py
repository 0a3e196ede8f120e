"""Records of the parties: added and amended by services, ended by a date, never deleted."""

from policies.admin.base import RecordAdmin


class PartyAdmin(RecordAdmin):
    """What services own, and nobody deletes."""

    def has_delete_permission(self, request, obj=None):
        return False


class PeriodAdmin(PartyAdmin):
    """A dated record: added whole; afterwards only its last day moves."""

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return []
        return [name for name in self.fields if name != "ends_on"]
