"""Re-adjudication (spec 2.11): where a replay comes to something else, two revisions, and the difference posted.

One transaction a member. A run over many members may stop anywhere: run again, it finds what is left.
"""

from array import array
from collections.abc import Callable, Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from claims import store
from claims.affected import affected, between
from claims.engine.result import PENDED
from claims.models import AffectedNotice, ClaimEvent, ReadjudicationRun, Settlement
from claims.services import hold, notices, postings
from claims.services.replay import Replay, Replayed, replay_year
from claims.services.reversal import released_by
from claims.store.rows import ClaimUpdate, SettlementRow, encode, settled_row
from members.models import Member
from policies.models import User

# Told after each member: (members done, members in all).
Advance = Callable[[int, int], None]
_CAUSE = Settlement.Cause.READJUDICATION


def readjudicate(
    *,
    member_id: int,
    year: int,
    since: date,
    reason: str,
    actor: User | None,
    at: datetime,
    actor_name: str = "",
) -> ReadjudicationRun:
    """Replay a member's benefit year, from the first claim with a service date from `since` on.

    `actor_name` says who asked where no user did. Raises Member.DoesNotExist, and ValidationError without a
    reason.
    """
    hold.require_reason(reason)
    run = _run(reason, actor, actor_name, at, year=year, since=since, member_id=member_id)
    return _member(run, keep_unchanged=True)


def readjudicate_city(
    *,
    city: str,
    since: date,
    reason: str,
    actor: User | None,
    at: datetime,
    actor_name: str = "",
    advance: Advance = lambda done, total: None,
) -> list[ReadjudicationRun]:
    """Replay the years of all members who have settlements in the city from a service date on.

    Returns one run a year, with its totals. Raises ValidationError without a reason.
    """
    hold.require_reason(reason)
    runs = []
    for year in range(since.year, _day(at).year + 1):
        first = max(since, date(year, 1, 1))
        run = _run(reason, actor, actor_name, at, year=year, since=first, city=city)
        settled = between(run.since, date(year, 12, 31), at).filter(city=city)
        _many(run, _members(settled), advance)
        notices.resolve_city(run)
        runs.append(run)
    return runs


def readjudicate_notice(
    *,
    notice: AffectedNotice,
    reason: str,
    actor: User | None,
    at: datetime,
    actor_name: str = "",
    advance: Advance = lambda done, total: None,
) -> ReadjudicationRun:
    """Replay what a notice lists, for each member from the first of them on, and resolve it.

    Raises ValidationError without a reason.
    """
    hold.require_reason(reason)
    settled = affected(notice)
    first = settled.order_by("service_date").values_list("service_date", flat=True).first()
    whose = {"member_id": notice.member_id, "city": notice.city}
    run = _run(reason, actor, actor_name, at, year=notice.since.year, since=first or notice.since, **whose)
    if notice.member_id is not None:
        _member(run, keep_unchanged=True)
    else:
        _many(run, _members(settled), advance)
    AffectedNotice.objects.filter(pk=notice.pk, resolved_by__isnull=True).update(resolved_by=run)
    return run


def _run(reason: str, actor: User | None, actor_name: str, at: datetime, **scope) -> ReadjudicationRun:
    name = actor.get_username() if actor is not None else actor_name
    return ReadjudicationRun(reason=reason, actor=actor, actor_name=name, started_at=at, **scope)


def _members(settlements) -> array:
    """The members of these settlements, eight bytes each."""
    ids = settlements.order_by("member_id").values_list("member_id", flat=True).distinct()
    return array("q", ids.iterator(chunk_size=5000))


def _many(total: ReadjudicationRun, member_ids: array, advance: Advance) -> None:
    """Replay each member, and store the run with its totals at the end."""
    for done, member_id in enumerate(member_ids, 1):
        scope = {"year": total.year, "since": total.since, "city": total.city, "member_id": member_id}
        run = _run(total.reason, total.actor, total.actor_name, total.started_at, **scope)
        _member(run, keep_unchanged=False)
        total.replayed += run.replayed
        total.changed += run.changed
        total.fund_difference += run.fund_difference
        advance(done, len(member_ids))
    total.save()


@transaction.atomic
def _member(run: ReadjudicationRun, *, keep_unchanged: bool) -> ReadjudicationRun:
    """Replay one member-year and write what changed; the run is stored if it changed anything, or is kept anyway."""
    at = run.started_at
    member = Member.objects.get(pk=run.member_id)
    replay = replay_year(member=member, year=run.year, since=run.since, on=_day(at))
    changed = replay.changed
    run.replayed, run.changed = len(replay.claims), len(changed)
    run.fund_difference = sum(replayed.fund_difference for replayed in changed)
    if changed or keep_unchanged:
        run.save()
        notices.resolve_member(run)
    if changed:
        _write(run, replay, changed)
    return run


def _write(run: ReadjudicationRun, replay: Replay, changed: Iterable[Replayed]) -> None:
    at, actor = run.started_at, run.actor
    rows = [row for replayed in changed for row in _revisions(replayed, run)]
    postings.write(rows, balances=replay.balances, at=at, actor=actor)
    store.update_claims([update for replayed in changed for update in _updates(replayed, at)])
    ids = [replayed.claim.pk for replayed in changed]
    kind = ClaimEvent.Kind.READJUDICATED
    hold.record(kind, ids, reason=run.reason, at=at, actor=actor, actor_name=run.actor_name)


def _revisions(replayed: Replayed, run: ReadjudicationRun) -> list[SettlementRow]:
    """The exact negation of what was in force, and the new settlement where there is one."""
    before, claim = replayed.before, replayed.claim
    rows = [postings.negation(before, cause=_CAUSE, at=run.started_at, run_id=run.pk)]
    if replayed.settles:
        rows.append(
            settled_row(
                replayed.outcome,
                institution_id=claim.institution_id,
                revision=before.revision + 2,
                place=before.place,
                settled_at=run.started_at,
                cause=_CAUSE,
                run_id=run.pk,
            )
        )
    return rows


def _updates(replayed: Replayed, at: datetime) -> list[ClaimUpdate]:
    """The claim as it stands now; without a settlement, emergency claims that it took up wait again."""
    claim, result = replayed.claim, replayed.outcome.result
    update = ClaimUpdate(
        id=claim.pk,
        was=claim.status,
        status=result.outcome,
        code=result.code or "",
        detail=encode(result.detail) if result.detail else "",
        city=replayed.outcome.case.member.city if replayed.settles else claim.city,
        member_id=claim.member_id,
        place=claim.place,
        revision=claim.revision + (2 if replayed.settles else 1),
        pended_at=at if result.outcome == PENDED else None,
    )
    return [update] if replayed.settles else [update, *released_by(claim)]


def _day(at: datetime) -> date:
    return timezone.localdate(at, timezone.get_default_timezone())
