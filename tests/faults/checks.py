"""What must hold after any fault: nothing lost, nothing doubled, nothing mispriced, every sum exact."""

import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count

from claims.content import Content, decode
from claims.models import Claim, ClaimKey, Settlement
from claims.submission import read_claim
from members.models import AccountEntry
from tests.faults.client import Told
from tests.faults.people import People
from tests.faults.replay import replay

_PROOFS = ("verify_settlements", "verify_accumulators", "verify_accounts")
# Commit times further apart than this tell who was visible first.
_APART = "50 milliseconds"
SHOWN = 5


@dataclass
class Findings:
    """What is wrong, in words, by kind; all empty where the system held. The counts say how much was looked at."""

    claims: int = 0
    settlements: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    mispriced: list[str] = field(default_factory=list)
    accumulators: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    KINDS = ("lost", "doubled", "mispriced", "accumulators", "others")

    def __bool__(self):
        return any(getattr(self, kind) for kind in self.KINDS)

    def lines(self) -> Iterator[str]:
        """Some of what is wrong, for people."""
        for kind in self.KINDS:
            found = getattr(self, kind)
            yield from (f"{kind}: {what}" for what in found[:SHOWN])
            if len(found) > SHOWN:
                yield f"{kind}: and {len(found) - SHOWN} more"


def check(
    people: People,
    told: Mapping[tuple[str, str], Told],
    *,
    parked: Collection[str] = (),
    clock_error: timedelta = timedelta(),
) -> Findings:
    """Hold the database against the journal, the proofs and the replay. `parked`: numbers that must be parked."""
    found = Findings(claims=Claim.objects.count())
    stored = _stored()
    _journal(found, told, stored, parked)
    _doubles(found)
    replayed = replay(people, clock_error)
    found.settlements = replayed.settlements
    found.mispriced += replayed.mispriced
    found.accumulators += replayed.accumulators
    found.others += replayed.accounts
    found.others += order_of_receipt()
    found.others += _proofs()
    return found


def _stored() -> dict[tuple[str, str], list[Claim]]:
    """Claims by institution's code and number: a list, since doubles are what we look for."""
    stored = {}
    for claim in Claim.objects.select_related("institution").iterator(chunk_size=2000):
        stored.setdefault((claim.institution.code, claim.claim_number), []).append(claim)
    return stored


def _journal(found: Findings, told: Mapping, stored: Mapping, parked: Collection[str]) -> None:
    for key, about in told.items():
        claims = stored.get(key, [])
        if len(claims) > 1:
            found.doubled.append(f"{key}: {len(claims)} claims")
        if about.unknown and not (about.accepted or about.refused):
            found.others.append(f"{key}: still without an answer")
        if about.accepted and not claims:
            found.lost.append(f"{key}: accepted, and not there")
        if claims and about.bodies and not (about.accepted or about.unknown):
            found.others.append(f"{key}: refused, and there")
        for claim in claims[:1]:
            _claim(found, key, claim, about, key[1] in parked)
    for key in stored.keys() - told.keys():
        found.others.append(f"{key}: there, and never sent")


def _claim(found: Findings, key: tuple[str, str], claim: Claim, about: Told, parked: bool) -> None:
    contents = [content_of(body) for body in about.accepted or about.bodies]
    if any(content != decode(claim.content) for content in contents):
        found.others.append(f"{key}: not what was accepted")
    if any(body in about.accepted for body in about.refused):
        found.others.append(f"{key}: accepted once, and refused another time")
    if about.claim_ids - {str(claim.pk)}:
        found.others.append(f"{key}: known by another id, too")
    state = f"{claim.status}:{claim.code}"
    if claim.parked != parked:
        found.others.append(
            f"{key}: {'parked' if claim.parked else 'not parked'} after {claim.attempts} attempts"
        )
    elif claim.status == Claim.State.QUEUED and not parked:
        found.lost.append(f"{key}: accepted, and never adjudicated")
    elif not parked and not about.any_end and not {claim.status, state} & about.expect:
        found.others.append(f"{key}: ended as {state}, expected {sorted(about.expect)}")
    for what, asked in ((Claim.State.REVERSED, about.reversed), (Claim.State.WITHDRAWN, about.withdrawn)):
        is_so = claim.status == what
        if True in asked and not is_so:
            found.lost.append(f"{key}: told that it is {what}, and it is {claim.status}")
        if is_so and not {True, None} & set(asked):
            found.others.append(f"{key}: {what}, and nobody was told so")


def content_of(body: dict) -> Content:
    return read_claim(body, is_institution=lambda code: True).content


def _doubles(found: Findings) -> None:
    numbers = ClaimKey.objects.values("institution", "claim_number").annotate(n=Count("pk")).filter(n__gt=1)
    rows = Settlement.objects.values("claim", "revision").order_by().annotate(n=Count("pk")).filter(n__gt=1)
    entries = AccountEntry.objects.filter(settlement_claim__isnull=False)
    booked = entries.values("settlement_claim", "settlement_revision", "account").order_by()
    for what, groups in (
        ("claim key", numbers),
        ("settlement", rows),
        ("account entry", booked.annotate(n=Count("pk")).filter(n__gt=1)),
    ):
        found.doubled += [f"{what} {group}" for group in groups[: SHOWN + 1]]


def order_of_receipt() -> list[str]:
    """Claims of a member that were settled before one that had been committed, and received, earlier.

    Not where one of them waited pended or parked, or was pended and queued again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW track_commit_timestamp")
        if cursor.fetchone()[0] != "on":
            return []
        cursor.execute(
            f"""
            WITH settled AS (
                SELECT c.claim_number, c.seq, c.place, c.member_id,
                       pg_xact_commit_timestamp(k.xmin) AS committed
                FROM claims_claim c JOIN claims_claimkey k ON k.claim_id = c.id
                WHERE c.place IS NOT NULL AND c.pended_at IS NULL
                  AND NOT EXISTS (SELECT FROM claims_claimevent e
                                  WHERE e.claim_id = c.id AND e.kind IN ('parked', 'requeued'))
            )
            SELECT b.claim_number, a.claim_number FROM settled a JOIN settled b
                ON a.member_id = b.member_id AND a.place > b.place AND a.seq < b.seq
               AND a.committed + interval '{_APART}' < b.committed
            """
        )
        # Not by a LIMIT: the planner, hoping to find some soon, would compare all claims with all.
        found = cursor.fetchmany(SHOWN + 1)
    return [f"{first} was settled before {second}, received earlier" for first, second in found]


def _proofs() -> Iterator[str]:
    for proof in _PROOFS:
        told = io.StringIO()
        try:
            call_command(proof, stdout=told, stderr=told)
        except CommandError as error:
            yield f"{proof}: {error} {told.getvalue()[:300]}"


def outcomes() -> Counter:
    """How the claims of this database ended."""
    return Counter(Claim.objects.values_list("status", flat=True))
