"""The settlement statement (结算单): a claim with everything that its page shows, in one language.

Read only; the forms that act on a claim are the admin's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from claims.content import Content, ContentLine, decode
from claims.engine.case import Case, Line
from claims.engine.result import AMOUNTS, SETTLED, Result
from claims.engine.split import split_lines
from claims.engine.steps import EN, ZH, word
from claims.engine.work import Work
from claims.models import Claim, ClaimEvent, Settlement
from claims.presentation import message_of
from claims.views.waterfall import Waterfall, waterfall
from members.masking import mask_id_number
from members.models import Institution, Member
from policies.models import City, PolicyVersion
from policies.selectors import terms_of
from policies.terms import Terms

# Statements print on one page; lines beyond these are summed up there, and all stand on the screen.
PRINTED_LINES = 10


@dataclass(frozen=True)
class SplitLine:
    """A line with its split in fen; without a settlement only what was sent (`split` None)."""

    number: int
    item: str
    name: str
    quantity: int
    unit_price: int
    amount: int
    item_class: str = ""
    split: tuple[int, int, int, int] | None = None  # self-funded, over price, upfront, eligible
    merged: bool = False


@dataclass(frozen=True)
class Revision:
    """One settlement revision with its drawing. `amounts` are those settled; `reverses`: they are given back."""

    settlement: Settlement
    amounts: dict[str, int]
    reverses: bool
    drawing: Waterfall
    version: PolicyVersion
    tier: str


@dataclass(frozen=True)
class Statement:
    claim: Claim
    institution: Institution
    city: City | None
    member: Member | None
    number: str
    message: str | None
    lines: tuple[SplitLine, ...]
    beyond: int
    beyond_total: int
    revisions: tuple[Settlement, ...]
    revision: Revision | None
    before: Claim | None
    after: Claim | None
    events: tuple[ClaimEvent, ...]
    received: tuple[tuple[str, str], ...]
    merged_into: Claim | None


def statement(
    claim: Claim, language: str, revision: int | None = None, *, seen: QuerySet[Claim] | None = None
) -> Statement:
    """Everything about a claim. `revision`: the settlement to show (None: the newest).

    `seen`: the claims that the reader sees, among which are its neighbours (None: all). `language` is "zh" or
    "en". Raises Settlement.DoesNotExist for a revision that there is not.
    """
    content = decode(claim.content)
    revisions = tuple(claim.settlements.order_by("revision"))
    shown = _chosen(revisions, revision)
    seen = Claim.objects.all() if seen is None else seen
    neighbours = seen.filter(member_number=claim.member_number).defer("content")
    terms = terms_of(shown.version_id) if shown is not None else None
    case = msgspec.json.decode(shown.case, type=Case) if shown is not None else None
    lines = tuple(_split_lines(content, case, terms))
    beyond = lines[PRINTED_LINES:]
    return Statement(
        claim=claim,
        institution=claim.institution,
        city=City.objects.filter(pk=claim.city).first() if claim.city else None,
        member=Member.objects.filter(pk=claim.member_id).first() if claim.member_id else None,
        number=mask_id_number(claim.member_number),
        message=message_of(claim, language),
        lines=lines,
        beyond=len(beyond),
        beyond_total=sum(line.amount for line in beyond),
        revisions=revisions,
        revision=None if shown is None else _revision(shown, terms, language),
        before=neighbours.filter(seq__lt=claim.seq).order_by("-seq").first(),
        after=neighbours.filter(seq__gt=claim.seq).order_by("seq").first(),
        events=tuple(claim.events.all()),
        received=tuple(_received(content, language)),
        merged_into=seen.filter(pk=claim.merged_into).first() if claim.merged_into else None,
    )


def _chosen(revisions: Sequence[Settlement], wanted: int | None) -> Settlement | None:
    if wanted is None:
        return revisions[-1] if revisions else None
    found = next((row for row in revisions if row.revision == wanted), None)
    if found is None:
        raise Settlement.DoesNotExist
    return found


def _revision(settlement: Settlement, terms: Terms, language: str) -> Revision:
    reverses = settlement.kind == Settlement.Kind.REVERSED
    sign = -1 if reverses else 1
    amounts = {name: sign * getattr(settlement, name) for name in AMOUNTS}
    tier = next((tier for tier in terms.tiers if tier.code == settlement.tier), None)
    return Revision(
        settlement=settlement,
        amounts=amounts,
        reverses=reverses,
        drawing=waterfall(amounts, msgspec.json.decode(settlement.steps), terms, language),
        version=PolicyVersion.objects.select_related("city", "document").get(pk=settlement.version_id),
        tier="" if tier is None else tier.name_en if language == EN and tier.name_en else tier.name,
    )


def _split_lines(content: Content, case: Case | None, terms: Terms | None) -> Iterable[SplitLine]:
    if case is None:
        for number, line in enumerate(content.lines, 1):
            yield _unsplit(number, line)
        return
    for number, (sent, line) in enumerate(zip(content.lines, case.lines, strict=True), 1):
        yield _split(number, sent.name, line, case, terms)
    for number, line in enumerate(case.listed, len(case.lines) + 1):
        yield _split(number, "", line, case, terms, merged=True)


def _unsplit(number: int, line: ContentLine) -> SplitLine:
    return SplitLine(number, line.item, line.name, line.quantity, line.unit_price, line.amount)


def _split(number: int, name: str, line: Line, case: Case, terms: Terms, merged: bool = False) -> SplitLine:
    """One line, split by the engine's own rule, so that the lines add up to the settlement."""
    alone = msgspec.structs.replace(case, lines=(line,), listed=())
    work = Work(terms, alone, {}, Result(SETTLED))
    split_lines(work)
    split = (work.self_funded, work.over_price, work.upfront, work.eligible)
    return SplitLine(
        number, line.item, name, line.quantity, line.unit_price, line.amount, line.item_class, split, merged
    )


def _received(content: Content, language: str) -> Iterable[tuple[str, str]]:
    """What the institution said, field by field, in words."""
    yes = _("yes")
    fields = (
        (_("member number"), mask_id_number(content.member_number)),
        (_("benefit claimed"), word(content.benefit, language)),
        (_("service date"), content.service_date),
        (_("admitted on"), content.admitted_on),
        (_("discharged on"), content.discharged_on),
        (_("disease code"), content.disease),
        (_("out of area"), word(content.out_of_area, language) if content.out_of_area != "none" else ""),
        (_("prescribed by"), content.prescribed_by),
        (_("account to be used"), yes if content.use_account else _("no")),
        (_("how the emergency ended"), word(content.disposition, language) if content.disposition else ""),
        (_("institution's statement"), yes if content.statement else ""),
        (_("claims taken up"), "、".join(content.lists)),
    )
    for label, value in fields:
        if value not in ("", None):
            yield label, str(value)


def language_of(code: str | None) -> str:
    """The language in which sentences are told: "en", or "zh" for everyone else."""
    return EN if (code or "").startswith("en") else ZH
