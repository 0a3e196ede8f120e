"""What every step in a version's life shares: whoever takes one holds the version, and leaves a record."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _

from policies.findings import Finding
from policies.models import City, PolicyVersion, VersionEdit, VersionTransition

Kind = VersionTransition.Kind
Source = VersionEdit.Source


class VersionRefused(ValueError):
    """A version cannot be made, edited, published … as asked; `problems` says in words why.

    `findings`: those problems that checks of its content found, with the figures that they are about.
    """

    def __init__(self, problems: Sequence[str], findings: Sequence[Finding] = ()):
        self.problems = [*problems, *map(str, findings)]
        self.findings = list(findings)
        super().__init__("\n".join(self.problems))


def refuse(problems: Sequence[str], findings: Sequence[Finding] = ()) -> None:
    """Raises VersionRefused where there is any problem."""
    if problems or findings:
        raise VersionRefused(problems, findings)


def hold(version: PolicyVersion) -> PolicyVersion:
    """The version as it is now, locked with its city until the transaction ends.

    One step at a time in a city: two drafts could otherwise both become its next revision. Rows that are
    written meanwhile by whatever path wait for the version's lock (policies.triggers).
    """
    City.objects.select_for_update().get(pk=version.city_id)
    held = PolicyVersion.objects.select_for_update(of=("self",)).select_related("city", "document")
    return held.get(pk=version.pk)


def reason_problem(reason: str) -> list[str]:
    return [] if reason.strip() else [_("A reason is needed.")]


def name_of(actor, actor_name: str = "") -> str:
    return actor_name or (actor.get_username() if actor else "")


def next_revision(city: str, day: date | None) -> int:
    """One above the highest revision ever published for the date (a withdrawn one keeps its number)."""
    if day is None:
        return 1
    published = PolicyVersion.objects.filter(city_id=city, effective_from=day, published_at__isnull=False)
    return max(published.values_list("revision", flat=True), default=0) + 1


def save(version: PolicyVersion, actor, reason: str, at: datetime) -> None:
    version._history_user = actor
    version._change_reason = reason
    version._history_date = at
    version.save()


def record(
    version: PolicyVersion,
    kind: str,
    *,
    actor,
    reason: str,
    at: datetime,
    actor_name: str = "",
    fingerprint: str = "",
    cases: str = "",
) -> VersionTransition:
    """The transition, for ever. The database refuses one that its actor may not make (policies.desk_triggers)."""
    return VersionTransition.objects.create(
        version=version,
        kind=kind,
        actor=actor,
        actor_name=name_of(actor, actor_name),
        reason=reason.strip(),
        fingerprint=fingerprint,
        cases=cases,
        at=at,
    )


def record_edit(
    version: PolicyVersion, *, actor, reason: str, at: datetime, source: str, actor_name: str = ""
) -> VersionEdit:
    """Who edited a draft: from then on neither approves nor publishes it."""
    return VersionEdit.objects.create(
        version=version,
        editor=actor,
        editor_name=name_of(actor, actor_name),
        reason=reason.strip(),
        at=at,
        source=source,
    )
