"""Re-adjudication (spec 2.11): where a replay comes to something else, two revisions, and the difference posted.

A member is replayed and written in one transaction, many of a shard together. A run over many may stop anywhere:
run again, it finds what is left.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from claims import store
from claims.affected import of_notice, revisions_between
from claims.engine.result import PENDED
from claims.models import AffectedNotice, ClaimEvent, ReadjudicationRun, Settlement
from claims.services import hold, notices, postings
from claims.services.replay import Replayed, replay_year
from claims.services.reversal import released_by
from claims.shards import shard_of
from claims.store.rows import ClaimUpdate, SettlementRow, encode, settled_row
from members.lookups import Among
from members.models import Member
from policies.models import User

# Told after each set: (members done, members in all).
Advance = Callable[[int, int], None]
SET_SIZE = 100
_CAUSE = Settlement.Cause.READJUDICATION


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be replayed, for whom the record names, and why."""

    year: int
    since: date
    reason: str
    actor: User | None
    actor_name: str
    at: datetime
    city: str = ""
    from_seq: int = 0

    def run(self, member_id: int | None = None) -> ReadjudicationRun:
        name = self.actor.get_username() if self.actor is not None else self.actor_name
        return ReadjudicationRun(
            member_id=member_id,
            city=self.city,
            year=self.year,
            since=self.since,
            actor=self.actor,
            actor_name=name,
            reason=self.reason,
            started_at=self.at,
        )


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
    return _one(member_id, _Asked(year, since, reason, actor, actor_name, at))


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
        asked = _Asked(year, first, reason, actor, actor_name, at, city)
        settled = revisions_between(first, date(year, 12, 31)).filter(city=city)
        run = _many(settled, asked, advance)
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

    Where a claim was settled late, from that claim on. Raises ValidationError without a reason.
    """
    hold.require_reason(reason)
    scope = (notice.city, notice.after_seq or 0)
    asked = _Asked(notice.since.year, notice.since, reason, actor, actor_name, at, *scope)
    if notice.member_id is not None:
        run = _one(notice.member_id, asked)
    else:
        run = _many(of_notice(revisions_between(notice.since, notice.until), notice), asked, advance)
    AffectedNotice.objects.filter(pk=notice.pk, resolved_by__isnull=True).update(resolved_by=run)
    return run


@transaction.atomic
def _one(member_id: int, asked: _Asked) -> ReadjudicationRun:
    """One member-year; its run is kept whether it changed anything or not."""
    (run,) = _replay([Member.objects.get(pk=member_id)], asked, keep_unchanged=True)
    notices.resolve_member(run, from_seq=asked.from_seq)
    return run


def _many(settlements: QuerySet[Settlement], asked: _Asked, advance: Advance) -> ReadjudicationRun:
    """The members of these settlements; stores a run with the totals at the end."""
    total, done = asked.run(), 0
    ids = settlements.order_by("member_id").values_list("member_id", flat=True).distinct()
    member_ids = array("q", ids.iterator(chunk_size=5000))
    for members in _sets(member_ids):
        with transaction.atomic():
            runs = _replay(members, asked, keep_unchanged=False)
        total.replayed += sum(run.replayed for run in runs)
        total.changed += sum(run.changed for run in runs)
        total.fund_difference += sum(run.fund_difference for run in runs)
        done += len(members)
        advance(done, len(member_ids))
    total.save()
    return total


def _sets(member_ids: Sequence[int]) -> Iterator[list[Member]]:
    """The members in sets of one shard each: who replays a set holds up no other shard."""
    shards: dict[int, array] = {}
    for start in range(0, len(member_ids), 5000):
        chunk = Member.objects.filter(Among(F("pk"), list(member_ids[start : start + 5000])))
        for id, number in chunk.order_by("pk").values_list("pk", "number"):
            shards.setdefault(shard_of(number), array("q")).append(id)
    for _, ids in sorted(shards.items()):
        for start in range(0, len(ids), SET_SIZE):
            members = Member.objects.filter(Among(F("pk"), list(ids[start : start + SET_SIZE])))
            yield list(members.order_by("pk"))


def _replay(members: list[Member], asked: _Asked, *, keep_unchanged: bool) -> list[ReadjudicationRun]:
    """Replay these members and write what changed: a run of each, kept where it changed something, or anyway."""
    scope = {"year": asked.year, "since": asked.since, "from_seq": asked.from_seq}
    replay = replay_year(members=members, on=_day(asked.at), **scope)
    runs, changed = {}, {}
    for member in members:
        claims = replay.by_member.get(member.pk, [])
        changed[member.pk] = [replayed for replayed in claims if replayed.differs]
        run = runs[member.pk] = asked.run(member.pk)
        run.replayed, run.changed = len(claims), len(changed[member.pk])
        run.fund_difference = sum(replayed.fund_difference for replayed in changed[member.pk])
    ReadjudicationRun.objects.bulk_create(
        [run for run in runs.values() if run.changed or keep_unchanged], batch_size=SET_SIZE
    )
    _write(
        [(replayed, runs[id]) for id, of_member in changed.items() for replayed in of_member], replay.balances
    )
    return list(runs.values())


def _write(changed: list[tuple[Replayed, ReadjudicationRun]], balances: dict[int, int]) -> None:
    if not changed:
        return
    run = changed[0][1]
    at, actor = run.started_at, run.actor
    rows = [row for replayed, run in changed for row in _revisions(replayed, run)]
    postings.write(rows, balances=balances, at=at, actor=actor)
    store.update_claims([update for replayed, _ in changed for update in _updates(replayed, at)])
    ids = [replayed.claim.pk for replayed, _ in changed]
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
