"""A city with many versions of many rows each: what the desk's pages must bear."""

from datetime import date

from msgspec.structs import replace

from policies import rows, terms
from tests.policies import build
from tests.policies.build import YANTAI

DOCUMENT = "烟政办发〔2022〕17号"
_CITE = {"document": DOCUMENT, "clause": "二(一)2"}


def large_content(day: date, *, tiers: int = 20, uses: int = 100, provisions: int = 60) -> rows.VersionRows:
    """Yantai's content, grown: by default to some 400 rows. The day makes each version another one."""
    own = build.content(YANTAI, "2024-01-01")
    codes = [f"tier {number}" for number in range(tiers)]
    step = day.toordinal() % 500
    return replace(
        own,
        effective_from=day,
        tiers=[_tier(number, code) for number, code in enumerate(codes)],
        benefits=[_benefit(row, codes, step) for row in own.benefits],
        limits=[*own.limits, *(_limit(benefit) for benefit in terms.BENEFITS[1:])],
        account_uses=[*own.account_uses, *_uses(uses)],
        provisions=[
            *own.provisions,
            *(rows.ProvisionRow(topic="account", text=f"规定 {n}", **_CITE) for n in range(provisions)),
        ],
    )


def _tier(number: int, code: str) -> rows.TierRow:
    named = rows.ConditionRow(named=[f"医院 {number}"], **_CITE)
    return rows.TierRow(
        code=code, name=f"档次 {number}", name_en=f"Tier {number}", conditions=[named], **_CITE
    )


def _benefit(row: rows.BenefitRow, codes: list[str], step: int) -> rows.BenefitRow:
    """Five benefits of a matrix each; emergency care and negotiated drugs as they were."""
    if row.benefit in (terms.EMERGENCY, terms.NEGOTIATED):
        return row
    cells = [
        rows.TermRow(tier=code, status=status, deductible=10_000 + step * 100, rate=5_000 + step, **_CITE)
        for code in codes
        for status in terms.STATUSES
    ]
    return rows.BenefitRow(
        benefit=row.benefit,
        deductible_mode=terms.ANNUAL,
        deductible_pool=row.benefit,
        deductible_clause="二(一)1",
        terms=cells,
        **_CITE,
    )


def _limit(benefit: str) -> rows.LimitRow:
    return rows.LimitRow(
        pool=benefit,
        period=terms.YEAR,
        basis=terms.FUND_PAYMENT,
        benefits=[benefit],
        statuses=[*terms.STATUSES],
        amount=500_000,
        **_CITE,
    )


def _uses(count: int) -> list[rows.AccountUseRow]:
    found = [
        rows.AccountUseRow(relation=relation, purpose=purpose, place=place, status=status, **_CITE)
        for relation in (terms.SELF, *terms.RELATIONS)
        for purpose in terms.PURPOSES
        for place in (terms.AT_INSTITUTION, terms.AT_PHARMACY)
        for status in terms.STATUSES
    ]
    return found[:count]


def size(content: rows.VersionRows) -> int:
    """How many rows a version has in the database."""
    conditions = sum(len(tier.conditions) for tier in content.tiers)
    return sum(1 for _line in content.lines()) + conditions


def many_versions(count: int) -> list:
    """So many published versions, one each month from 2018 on."""
    days = [date(2018 + number // 12, number % 12 + 1, 1) for number in range(count)]
    return [build.published(large_content(day)) for day in days]
