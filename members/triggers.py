"""What the database itself refuses of this app's tables (see policies.triggers)."""

from policies.triggers import INSERT, UPDATE, Trigger, append_only

_ENROLMENTS = "members_enrolment"
_SHARES_A_DAY = (
    f'EXISTS (SELECT 1 FROM "{_ENROLMENTS}" e WHERE e.member_id = NEW.member_id '
    "AND (e.ends_on IS NULL OR e.ends_on >= NEW.starts_on) "
    "AND (NEW.ends_on IS NULL OR NEW.ends_on >= e.starts_on){other})"
)
_MESSAGE = "a member is enrolled at most once on any day"

MEMBERS_TRIGGERS: list[Trigger] = [
    *append_only("members_contribution"),
    *append_only("members_accountentry"),
    *append_only("members_creditrun"),
    *append_only("members_registerimport"),
    *append_only("members_institutionlogin"),
    Trigger(_ENROLMENTS, INSERT, _MESSAGE, _SHARES_A_DAY.format(other="")),
    Trigger(_ENROLMENTS, UPDATE, _MESSAGE, _SHARES_A_DAY.format(other=" AND e.id <> NEW.id")),
]
