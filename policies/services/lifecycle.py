"""From draft to in force: sent to review, returned or approved, published for ever, or withdrawn before it applies.

Four eyes twice: whoever edited a draft neither approves nor publishes it, and approver and publisher are two
people. The database refuses the same (policies.desk_triggers). An approval holds for exactly the content and
the acceptance cases that it saw, which publishing computes again.
"""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from policies import checks, desk, registry, selectors, store
from policies.compiler import GapsError, compile_terms
from policies.findings import APPROVE, PUBLISH, SUBMIT, Finding, forbidding
from policies.models import PolicyVersion, VersionTransition
from policies.services import steps
from policies.services.steps import Kind, VersionRefused, refuse
from policies.terms import TEXT


@transaction.atomic
def submit_version(*, version: PolicyVersion, actor, reason: str, at: datetime) -> VersionTransition:
    """Sends a draft to review. Raises VersionRefused with every gap and every bound that it breaks."""
    version = steps.hold(version)
    standing = _standing(version, at)
    refuse(
        [*steps.reason_problem(reason), *_problem(desk.state_problem(desk.SUBMIT, standing.state))],
        _forbidding(version, SUBMIT),
    )
    return _record(standing, Kind.SUBMITTED, actor, reason, at)


@transaction.atomic
def return_version(*, version: PolicyVersion, actor, reason: str, at: datetime) -> VersionTransition:
    """Gives a version back to be edited; `reason` says what has to change. Raises VersionRefused."""
    standing = _standing(steps.hold(version), at)
    refuse([*steps.reason_problem(reason), *_problem(desk.state_problem(desk.RETURN, standing.state))])
    return _record(standing, Kind.RETURNED, actor, reason, at)


@transaction.atomic
def approve_version(
    *, version: PolicyVersion, actor, reason: str, at: datetime, seen: str
) -> VersionTransition:
    """Approves exactly what a version says now.

    `seen`: the fingerprint of the content that the reviewer was shown (Desk.fingerprint). Raises
    VersionRefused where the content is another by now, and with what the checks have against it.
    """
    version = steps.hold(version)
    standing = _standing(version, at)
    problems = [
        *steps.reason_problem(reason),
        *_problem(desk.state_problem(desk.APPROVE, standing.state)),
        *_problem(standing.separation_problem(desk.APPROVE, actor.pk)),
    ]
    if seen != standing.fingerprint:
        problems.append(_("It was edited while you read it: look at it again."))
    refuse(problems, _forbidding(version, APPROVE))
    return _record(standing, Kind.APPROVED, actor, reason, at)


@transaction.atomic
def publish_version(
    *,
    version: PolicyVersion,
    actor,
    reason: str,
    at: datetime,
    actor_name: str = "",
    effective_from: date | None = None,
) -> PolicyVersion:
    """Publishes a version, for ever: what was approved, or (actor None) what a command loaded.

    `effective_from` must be typed where the text does not give the date. For a person it repeats the date that
    was approved; a command sets it. Raises VersionRefused with everything that stands in the way: the missing
    approval, another revision published meanwhile, gaps, bounds, and what the registered checks find.
    """
    version = steps.hold(version)
    refuse(_not_publishable(version, reason, effective_from))
    standing = _standing(version, at)
    if actor is None:
        refuse(_not_by_command(version))
        version.effective_from = effective_from or version.effective_from
    else:
        refuse(_not_by(actor, standing, effective_from))
    version.revision = steps.next_revision(version.city_id, version.effective_from)
    content = store.rows_of(version)
    try:
        terms = compile_terms(content, revision=version.revision, version_id=version.pk)
    except GapsError as error:
        raise VersionRefused([], [checks.gap_finding(gap, content) for gap in error.gaps]) from error
    refuse([], _forbidding(version, PUBLISH, by_command=actor is None))
    # The transition first: the database publishes no version without one that its actor may make.
    _record(replace(standing, fingerprint=terms.fingerprint), Kind.PUBLISHED, actor, reason, at, actor_name)
    version.published_at = at
    version.fingerprint = terms.fingerprint
    steps.save(version, actor, reason, at)
    registry.published(version, terms)
    return version


@transaction.atomic
def withdraw_version(
    *, version: PolicyVersion, actor, reason: str, at: datetime, actor_name: str = ""
) -> VersionTransition:
    """Discards a draft, or takes back what is published and has not taken effect. It stays readable.

    Raises VersionRefused: what has taken effect is followed by another version, or corrected.
    """
    version = steps.hold(version)
    standing = _standing(version, at)
    refuse([*steps.reason_problem(reason), *_problem(desk.state_problem(desk.WITHDRAW, standing.state))])
    return _record(standing, Kind.WITHDRAWN, actor, reason, at, actor_name)


def _standing(version: PolicyVersion, at: datetime) -> desk.Desk:
    return desk.desk_of(version, timezone.localdate(at))


def _problem(text: str) -> list[str]:
    return [text] if text else []


def _record(standing, kind, actor, reason: str, at: datetime, actor_name: str = "") -> VersionTransition:
    return steps.record(
        standing.version,
        kind,
        actor=actor,
        actor_name=actor_name,
        reason=reason,
        at=at,
        fingerprint=standing.fingerprint,
        cases=standing.cases,
    )


def _forbidding(version: PolicyVersion, step: str, by_command: bool = False) -> list[Finding]:
    """What the checks have against a step. A command may publish illustrative figures, for demonstrations."""
    found = forbidding(checks.review_checks(version), step)
    return [finding for finding in found if not (by_command and finding.code == checks.NOT_FROM_TEXT)]


def _not_publishable(version: PolicyVersion, reason: str, effective_from: date | None) -> list[str]:
    """What forbids publishing before its content is even looked at."""
    problems = []
    if version.is_published:
        problems.append(_("It is published already."))
    elif selectors.is_withdrawn(version):
        problems.append(_("It is withdrawn."))
    problems += steps.reason_problem(reason)
    if effective_from is None and version.effective_basis != TEXT:
        problems.append(_("The text gives no effective date: enter it."))
    elif (effective_from or version.effective_from) is None:
        problems.append(_("The effective date is missing."))
    elif not version.is_published:
        latest = selectors.published_for(version.city_id, effective_from or version.effective_from)
        if latest is not None and latest.pk != version.based_on_id:
            message = _(
                "Revision %(revision)s of that date was published without it: make a new draft from that."
            )
            problems.append(message % {"revision": latest.revision})
    return problems


def _not_by_command(version: PolicyVersion) -> list[str]:
    """A command publishes in nobody's name, so only what nobody had a hand in."""
    if desk.is_untouched(version):
        return []
    return [_("People have worked on this version: it is reviewed and published by people.")]


def _not_by(actor, standing: desk.Desk, effective_from: date | None) -> list[str]:
    """What forbids this person to publish this version."""
    problems = [
        *_problem(desk.state_problem(desk.PUBLISH, standing.state)),
        *_problem(standing.separation_problem(desk.PUBLISH, actor.pk)),
    ]
    approved = standing.version.effective_from
    if effective_from is not None and effective_from != approved:
        message = _("It is approved for %(approved)s, not for %(typed)s: another date is another draft.")
        problems.append(message % {"approved": approved or "?", "typed": effective_from})
    return problems
