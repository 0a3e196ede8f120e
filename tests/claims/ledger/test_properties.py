"""What holds for whatever claims under whatever terms, and for whatever happens to them afterwards."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from claims.affected import in_force
from claims.engine import keys
from claims.engine.case import Case, Institution, Line, Member, Relative
from claims.engine.result import AMOUNTS, SETTLED, identities_hold
from claims.engine.settle import settle as run
from claims.services.postings import deltas_of
from claims.services.readjudication import readjudicate
from claims.services.reversal import reverse
from claims.store.rows import encode
from policies.compiler import compile_terms
from policies.library import project_terms, read_path
from policies.money import round_div
from policies.terms import BENEFITS, INSTITUTION_KINDS, Cell, Figure, Terms, Unset
from tests.claims.ledger.conftest import COMPLETED
from tests.claims.ledger.reading import balance, ledger_faults, used
from tests.factories import InstitutionFactory, MemberFactory

DISEASES = ("", "E11", "E11.9", "I10", "C50", "Z49", "K40")
START = date(2023, 1, 1)


@cache
def versions() -> list[Terms]:
    """The project's versions of 2023, and those completed with figures where the documents leave them open."""
    found = [t for of_city in project_terms().values() for t in of_city if t.effective_from <= START]
    completed = [compile_terms(read_path(path)) for path in sorted(COMPLETED.glob("*.yaml"))]
    return found + [t for t in completed if t.effective_from <= START]


@st.composite
def terms(draw) -> Terms:
    """A version with its structure kept and its figures drawn anew; one in eight of them unset."""
    version, chance = draw(st.sampled_from(versions())), Random(draw(st.integers(0, 2**32)))

    def figure(parameter, most):
        if parameter is None or chance.random() < 0.125:
            return parameter
        return Figure(chance.randint(0, most), parameter.cite)

    benefits = {
        name: replace(
            rule,
            cells={
                at: Cell(figure(cell.deductible, 200_000), figure(cell.rate, 10_000))
                for at, cell in (rule.cells or {}).items()
            },
        )
        for name, rule in version.benefits.items()
    }
    limits = tuple(replace(limit, amount=figure(limit.amount, 500_000)) for limit in version.limits)
    standards = {"K40": Figure(chance.randint(0, 900_000), 0)}
    return replace(version, benefits=benefits, limits=limits, day_surgery_standards=standards)


def line(draw) -> Line:
    quantity, price = draw(st.integers(0, 300_000)), draw(st.integers(0, 5_000_000))
    amount = round_div(quantity * price, 10**6)
    return Line(
        "X",
        quantity,
        price,
        amount,
        draw(st.sampled_from(["A", "A", "B", "C", ""])),
        draw(st.sampled_from(["drug", "service", "device"])),
        draw(st.sampled_from([0, 1_000, 3_333, 10_000])),
        draw(st.sampled_from([None, None, 0, 500_000])),
    )


def institution(draw, city: str) -> Institution:
    kind = draw(st.sampled_from(INSTITUTION_KINDS))
    level = 0 if kind == "pharmacy" else draw(st.integers(0, 3))
    where = draw(st.sampled_from([city, city, city, "110000"]))
    designated = BENEFITS if draw(st.integers(0, 5)) else ()
    return Institution(f"H{level}{kind}", "医院", where, level, kind, "city", True, tuple(sorted(designated)))


@st.composite
def cases(draw, version: Terms, status: str) -> Case:
    at = institution(draw, version.city)
    benefit = draw(st.sampled_from((*BENEFITS, "ordinary", "ordinary", "inpatient", "day_surgery")))
    day = START + timedelta(days=draw(st.integers(0, 45)))
    stays = benefit in ("inpatient", "day_surgery")
    member = Member(
        1,
        version.city,
        status,
        dues=draw(st.sampled_from(["paid", "paid", "late", "unpaid"])),
        registrations=(("chronic", "E11"), ("special", "C50"), ("chronic", "I10")),
        surplus_years=draw(st.integers(0, 8)),
    )
    away = at.city != version.city
    return Case(
        benefit=benefit,
        service_date=day,
        received_on=day,
        institution=at,
        member=member,
        lines=tuple(line(draw) for _ in range(draw(st.integers(1, 3)))),
        disease=draw(st.sampled_from(DISEASES)),
        admitted_on=day if stays else None,
        discharged_on=day if stays else None,
        out_of_area=draw(st.sampled_from(["none", "resident", "temporary"])) if away else "none",
        prescriber=institution(draw, version.city) if draw(st.booleans()) else None,
        disposition=draw(st.sampled_from(["", "died", "discharged"])),
        statement=draw(st.booleans()),
        use_account=draw(st.booleans()),
        balance=draw(st.integers(0, 300_000)),
        family=(Relative(2, "spouse", draw(st.integers(0, 50_000))),),
    )


@st.composite
def stories(draw) -> tuple[Terms, list[tuple[Case, bool]]]:
    """Terms, and a member's claims under them; of each whether it is reversed right after."""
    version, status = draw(terms()), draw(st.sampled_from(["employed", "retired"]))
    claims = draw(st.lists(st.tuples(cases(version, status), st.integers(0, 3)), min_size=1, max_size=6))
    return version, [(case, not dice) for case, dice in claims]


def played(story):
    """Each settled claim of the story with its result and the accumulators before; they move with it."""
    version, claims = story
    accumulators: dict[str, int] = {}
    for case, is_reversed in claims:
        before = dict(accumulators)
        result = run(version, case, accumulators)
        assert accumulators == before, "the engine changed what it was given"
        event(f"{result.outcome} {result.benefit} {result.code}")
        if result.outcome != SETTLED:
            continue
        yield version, case, result, before
        if not is_reversed:
            for key, amount in result.deltas.items():
                accumulators[key] = accumulators.get(key, 0) + amount


class TestTheEngine:
    @settings(
        max_examples=200,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(stories())
    def test_shares_add_up_and_none_is_negative(self, story):
        for _, case, result, _ in played(story):
            amounts = dict(zip(AMOUNTS, result.amounts(), strict=True))
            assert identities_hold(amounts)
            assert amounts["total"] == sum(x.amount for x in case.lines)
            share = amounts.pop("institution_share")
            assert min(amounts.values()) >= 0
            assert share == 0 or result.benefit == "day_surgery"
            if result.code is not None:
                assert amounts["pooled_fund"] == amounts["deductible"] == amounts["over_limit"] == 0
                assert result.deltas == {}
            paid = dict(result.spent)
            assert paid.get(1, 0) == amounts["account"] <= case.balance
            assert paid.get(2, 0) == amounts["family_account"] <= case.family[0].balance

    @settings(
        max_examples=200,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(stories())
    def test_no_limit_and_no_deductible_is_ever_passed(self, story):
        for version, case, result, before in played(story):
            if result.code is not None:
                continue
            after = {
                k: before.get(k, 0) + result.deltas.get(k, 0) for k in before.keys() | result.deltas.keys()
            }
            expense, fund = version.limits_for(result.benefit, case.member.status, case.disease)
            for limit in fund:
                key = keys.limit("fund", limit, case.disease, case.service_date)
                if not isinstance(limit.amount, Unset) and result.pooled_fund:
                    assert after[key] <= limit.amount.value
            for limit in expense:
                key = keys.limit("expense", limit, case.disease, case.service_date)
                if not isinstance(limit.amount, Unset) and result.benefit != "day_surgery":
                    assert result.pooled_fund <= max(0, limit.amount.value - before.get(key, 0))
            rule = version.benefits[result.benefit]
            if rule.deductible_mode == "annual":
                key = keys.deductible_annual(rule.deductible_pool, case.service_date)
                threshold = rule.cells[result.tier, result.status].deductible.value
                assert after.get(key, 0) <= max(threshold, before.get(key, 0))

    @settings(
        max_examples=100,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(stories())
    def test_what_is_stored_gives_the_same_again(self, story):
        for version, case, result, before in played(story):
            stored = msgspec.json.decode(encode(case), type=Case)
            read = msgspec.json.decode(encode(result.used), type=dict[str, int])
            assert all(before[key] == value for key, value in read.items())
            again = run(version, stored, read)
            assert again.amounts() == result.amounts()
            assert (again.deltas, again.steps, again.used) == (result.deltas, result.steps, result.used)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.integers(1, 200_000), st.integers(0, 40), st.booleans()),
        st.tuples(st.just("reverse"), st.integers(0, 5)),
        st.tuples(st.just("readjudicate"), st.integers(0, 40)),
    ),
    min_size=2,
    max_size=10,
)


@pytest.mark.django_db
class TestTheDatabase:
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(steps=STEPS, opening=st.integers(0, 100_000))
    def test_reversals_return_every_accumulator_and_account(
        self, yantai, send, settle, staff, clock, steps, opening
    ):
        """Whatever is settled, reversed and replayed: balances are sums, and at the end all is as at the start."""
        clinic, member = InstitutionFactory(level=1), MemberFactory(balance=opening)
        claims = []
        for kind, *what in steps:
            if kind == "claim":
                amount, day, use_account = what
                on = (START + timedelta(days=day)).isoformat()
                claims.append(settle(send(clinic, member, on, amount, use_account=use_account)))
            elif kind == "reverse" and claims:
                before, claim = used(member), claims.pop(what[0] % len(claims))
                gives = deltas_of(in_force().get(claim=claim))
                undo(claim, clock)
                expected = {k: before.get(k, 0) - gives.get(k, 0) for k in before}
                assert used(member) == {key: value for key, value in expected.items() if value}
            elif kind == "readjudicate":
                asked = {"reason": "x", "actor": staff, "at": clock()}
                since = START + timedelta(days=what[0])
                readjudicate(member_id=member.pk, year=2023, since=since, **asked)
        assert ledger_faults() == ""
        assert balance(member) == opening - sum(s.account for s in in_force().filter(member_id=member.pk))
        for claim in claims:
            undo(claim, clock)
        assert used(member) == {}
        assert balance(member) == opening
        assert ledger_faults() == ""


def undo(claim, clock):
    reverse(claim_id=claim.pk, institution=None, reason="x", actor=None, at=clock())
