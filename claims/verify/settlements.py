"""Every settlement again: the engine re-run on what was stored, the chain of revisions, the identities.

Read in chunks by key, each with its claims in one statement, so that nothing a worker writes meanwhile looks
like a fault and any number of settlements takes the same memory.
"""

import hashlib
import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from django.db.models import Exists, F, OuterRef, QuerySet

from claims.content import Content, decode
from claims.engine.case import Case
from claims.engine.result import AMOUNTS, SETTLED, Result, identities_hold
from claims.engine.settle import ENGINE_VERSION, settle
from claims.models import Claim, ClaimKey, Settlement
from claims.services.postings import deltas_of, negation, spent_of
from claims.store.rows import encode
from members.lookups import Among
from policies.compiler import GapsError
from policies.models import PolicyVersion
from policies.selectors import TamperedVersion, terms_of
from policies.terms import Terms

CHUNK = 1000
_case = msgspec.json.Decoder(Case)
_REPORTED = (*AMOUNTS, "benefit", "tier", "status", "fund_rate")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one revision of a claim."""

    claim_id: UUID
    claim_number: str
    revision: int
    what: str

    def __str__(self):
        return f"claim {self.claim_number} ({self.claim_id}) revision {self.revision}: {self.what}"


@dataclass(slots=True)
class Checked:
    """How many settlements were looked at; `other_engine`: by another engine version, so not run again."""

    settlements: int = 0
    other_engine: int = 0
    faults: list[Fault] = field(default_factory=list)


def check_all() -> Iterator[Checked]:
    """Check every settlement, chunk by chunk, and at the end that no claim lacks one."""
    terms, last = _TermsCache(), 0
    while chunk := list(_with_claims().filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield _check(chunk, terms)
        last = chunk[-1].pk
    yield Checked(faults=[_without_settlement(claim) for claim in _bare_claims().iterator(chunk_size=CHUNK)])


def check_sample(size: int, seed: int | None = None) -> Iterator[Checked]:
    """Check `size` settlements drawn by chance (all, where there are no more)."""
    terms, draw = _TermsCache(), random.Random(seed)
    ids = list(Settlement.objects.order_by("pk").values_list("pk", flat=True)[:1])
    last = Settlement.objects.order_by("-pk").values_list("pk", flat=True).first()
    drawn = draw.sample(range(ids[0], last + 1), min(size, last + 1 - ids[0])) if ids else []
    for start in range(0, len(drawn), CHUNK):
        yield _check(list(_with_claims().filter(Among(F("pk"), drawn[start : start + CHUNK]))), terms)


def count() -> int:
    return Settlement.objects.count()


def _with_claims() -> QuerySet[Settlement]:
    newest = Settlement.objects.filter(claim=OuterRef("claim"), revision=OuterRef("claim__revision"))
    return Settlement.objects.select_related("claim").annotate(has_newest=Exists(newest)).order_by()


def _bare_claims() -> QuerySet[Claim]:
    newest = Settlement.objects.filter(claim=OuterRef("pk"), revision=OuterRef("revision"))
    bare = Claim.objects.filter(~Exists(newest), revision__gt=0) | Claim.objects.filter(
        status=Claim.State.SETTLED, revision=0
    )
    return bare.only("claim_number", "revision")


def _without_settlement(claim: Claim) -> Fault:
    return Fault(claim.pk, claim.claim_number, claim.revision, "the claim's newest revision is missing")


class _TermsCache(dict):
    """Terms by version; a version that gives none is remembered with the reason why."""

    def __missing__(self, version_id: int) -> Terms | str:
        try:
            found = terms_of(version_id)
        except PolicyVersion.DoesNotExist:
            found = f"policy version {version_id} does not exist"
        except (TamperedVersion, GapsError) as error:
            found = str(error)
        self[version_id] = found
        return found


def _check(chunk: Sequence[Settlement], terms: _TermsCache) -> Checked:
    checked = Checked(len(chunk))
    before, digests = _before(chunk), _digests(chunk)
    for settlement in chunk:
        claim = settlement.claim
        found = [*_chain_faults(settlement, before.get((claim.pk, settlement.revision - 1)))]
        if hashlib.sha256(claim.content.encode()).hexdigest() != digests.get(claim.pk):
            found.append("the claim's content is not what was received")
        if settlement.engine_version != ENGINE_VERSION:
            checked.other_engine += 1
        elif settlement.kind == Settlement.Kind.SETTLED:
            found += _rerun_faults(settlement, terms[settlement.version_id])
        checked.faults += [Fault(claim.pk, claim.claim_number, settlement.revision, what) for what in found]
    return checked


def _before(chunk: Sequence[Settlement]) -> dict[tuple[UUID, int], Settlement]:
    """The revisions before those of the chunk that are not the first."""
    ids = {s.claim_id for s in chunk if s.revision > 1}
    return {(s.claim_id, s.revision): s for s in Settlement.objects.filter(claim__in=ids)} if ids else {}


def _digests(chunk: Collection[Settlement]) -> dict[UUID, str]:
    ids = {s.claim_id for s in chunk}
    return dict(ClaimKey.objects.filter(claim_id__in=ids).values_list("claim_id", "digest"))


def _chain_faults(settlement: Settlement, before: Settlement | None) -> Iterator[str]:
    claim, reverses = settlement.claim, settlement.kind == Settlement.Kind.REVERSED
    if not identities_hold({name: getattr(settlement, name) for name in AMOUNTS}):
        yield "the amounts do not add up"
    if reverses != (settlement.revision % 2 == 0):
        yield "odd revisions settle, even ones reverse"
    if settlement.revision > claim.revision or not settlement.has_newest:
        yield f"the claim stands at revision {claim.revision}"
    if settlement.revision == claim.revision and reverses == (claim.status == Claim.State.SETTLED):
        yield f"the claim is {claim.status}"
    if settlement.revision > 1 and before is None:
        yield "the revision before is missing"
    elif reverses and before is not None and not _is_negation(settlement, before):
        yield "it is not the exact negation of the revision before"


def _is_negation(settlement: Settlement, before: Settlement) -> bool:
    given = (settlement.cause, settlement.settled_at, settlement.reversal_reason, settlement.run_id)
    cause, at, reason, run = given
    wanted = negation(before, cause=cause, at=at, reason=reason, run_id=run)
    return all(getattr(settlement, name) == value for name, value in wanted._asdict().items())


def _rerun_faults(settlement: Settlement, terms: Terms | str) -> Iterator[str]:
    """What differs when the engine runs again on the stored case under the stored version."""
    if isinstance(terms, str):
        yield terms
        return
    if settlement.fingerprint != terms.fingerprint:
        yield "the fingerprint is not that of the version's terms"
    try:
        case = _case.decode(settlement.case)
        used = msgspec.json.decode(settlement.used, type=dict[str, int])
        stored_steps = msgspec.json.decode(settlement.steps)
        deltas, spent = deltas_of(settlement), spent_of(settlement)
    except msgspec.DecodeError as error:
        yield f"what the engine was given cannot be read: {error}"
        return
    yield from _case_faults(settlement, case, decode(settlement.claim.content))
    result = settle(terms, case, used)
    if result.outcome != SETTLED:
        yield f"the engine gives {result.outcome} {result.code}"
        return
    yield from _differences(settlement, result)
    for name, stored, given in (
        ("deltas", deltas, result.deltas),
        ("spent", spent, dict(result.spent)),
        ("used", used, result.used),
        ("steps", stored_steps, msgspec.json.decode(encode(result.steps))),
    ):
        if stored != given:
            yield f"{name} are {stored}, the engine gives {given}"


def _differences(settlement: Settlement, result: Result) -> Iterator[str]:
    given = {name: getattr(result, name) for name in _REPORTED} | {"reason": result.code or ""}
    for name, value in given.items():
        if getattr(settlement, name) != value:
            yield f"{name} is {getattr(settlement, name)!r}, the engine gives {value!r}"


def _case_faults(settlement: Settlement, case: Case, content: Content) -> Iterator[str]:
    """Where the case does not tell of this claim, or the row not of this case."""
    row = (settlement.member_id, settlement.city, settlement.service_date)
    if case.member is None or (case.member.id, case.member.city, case.service_date) != row:
        yield "member, city or service date are not those of the case"
    sent = (content.benefit, content.settles_on, content.disease, content.out_of_area, content.use_account)
    told = (case.benefit, case.service_date, case.disease, case.out_of_area, case.use_account)
    lines = [(line.item, line.quantity, line.unit_price, line.amount) for line in case.lines]
    if sent != told or lines != [(x.item, x.quantity, x.unit_price, x.amount) for x in content.lines]:
        yield "the case does not tell what was sent"


def summed(parts: Iterable[Checked]) -> Iterator[Checked]:
    """The running total after each part; its faults are that part's."""
    total = Checked()
    for part in parts:
        total.settlements += part.settlements
        total.other_engine += part.other_engine
        total.faults = part.faults
        yield total
