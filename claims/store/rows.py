"""Rows as the store reads and writes them: plain tuples, no model instances, for sets of a thousand claims."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from claims.engine.settle import ENGINE_VERSION
from claims.sets import Outcome

_json = msgspec.json.Encoder().encode


class Key(NamedTuple):
    """A claim's identity: an institution's claims.models.ClaimKey without its place."""

    claim_number: str
    claim_id: UUID
    digest: str


class Kept(NamedTuple):
    """The places of keys that are new, and the keys under which the other numbers stand already, by number."""

    places: dict[str, int]
    others: dict[str, Key]


class NewClaim(NamedTuple):
    """A row of claims.models.Claim as intake writes it: what was sent, queued. The rest is `Sent` or first values."""

    id: UUID
    seq: int
    claim_number: str
    member_number: str
    shard: int
    benefit: str
    service_date: date | None
    admitted_on: date | None
    discharged_on: date | None
    total: int
    content: str


class Sent(NamedTuple):
    """What the new claims of one request have in common: how they came."""

    institution_id: int
    source: str
    entered_by_id: int | None
    received_at: datetime
    received_on: date


class QueuedClaim(NamedTuple):
    """A claim that waits. `institution` is the institution's code; the rest as in claims.models.Claim."""

    id: UUID
    seq: int
    institution: str
    claim_number: str
    member_number: str
    content: str
    received_on: date
    reviewed: bool
    attempts: int
    place: int | None
    revision: int
    pended_at: datetime | None


class SettlementRow(NamedTuple):
    """A row of claims.models.Settlement, its fields in that model's meaning; only the key is missing."""

    claim_id: UUID
    revision: int
    previous: int | None
    kind: str
    cause: str
    reason: str
    place: int
    member_id: int
    institution_id: int
    city: str
    service_date: date
    version_id: int
    fingerprint: str
    engine_version: int
    benefit: str
    tier: str
    status: str
    fund_rate: int | None
    total: int
    self_funded: int
    over_price: int
    upfront_self_pay: int
    eligible: int
    deductible: int
    over_limit: int
    pooled_fund: int
    critical_illness: int
    institution_share: int
    personal: int
    account: int
    family_account: int
    cash: int
    case: str
    used: str
    deltas: str
    spent: str
    steps: str
    run_id: int | None
    reversal_reason: str
    settled_at: datetime


class ClaimUpdate(NamedTuple):
    """What becomes of a claim. `was` is the state in which it must still be found; the rest is written.

    `pended_at` None leaves that column as it is.
    """

    id: UUID
    was: str
    status: str
    code: str
    detail: str
    city: str
    member_id: int | None
    place: int | None
    revision: int
    merged_into: UUID | None = None
    pended_at: datetime | None = None


def encode(value) -> str:
    """Compact JSON, as `case`, `used`, `deltas`, `spent`, `steps` and a claim's `detail` are stored."""
    return _json(value).decode()


def settled_row(
    outcome: Outcome,
    *,
    institution_id: int,
    revision: int,
    place: int,
    settled_at: datetime,
    cause: str = "claim",
    run_id: int | None = None,
) -> SettlementRow:
    """The settlement of an outcome that is settled, as the given (odd) revision of its claim."""
    result, case, terms = outcome.result, outcome.case, outcome.terms
    row = (
        outcome.claim.id,
        revision,
        revision - 1 or None,
        "settled",
        cause,
        result.code or "",
        place,
        case.member.id,
        institution_id,
        case.member.city,
        case.service_date,
        terms.version_id,
        terms.fingerprint,
        ENGINE_VERSION,
        result.benefit,
        result.tier,
        result.status,
        result.fund_rate,
        *result.amounts(),
        encode(case),
        encode(result.used),
        encode(result.deltas),
        encode(result.spent),
        encode(result.steps),
        run_id,
        "",
        settled_at,
    )
    return SettlementRow._make(row)
