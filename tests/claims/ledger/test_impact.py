"""What a version dated back would change: counted, tried on past claims, and nothing of it written."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims import impact as claims_impact
from claims.models import Accumulator, AffectedNotice, Claim, ClaimEvent, ReadjudicationRun, Settlement
from claims.services.readjudication import readjudicate_city
from members.models import AccountEntry, PersonalAccount
from policies import services
from policies.desk import desk_of
from policies.impact import impact_of
from policies.models import PaymentLimit, PolicyVersion
from policies.services.drafts import edit_draft
from policies.store import rows_of
from tests.factories import InstitutionFactory, MemberFactory, UserFactory
from tests.policies.build import cell, day

KEPT = (
    Settlement,
    Accumulator,
    Claim,
    ClaimEvent,
    ReadjudicationRun,
    AffectedNotice,
    AccountEntry,
    PersonalAccount,
)


@pytest.fixture
def clinic(db):
    return InstitutionFactory(level=1)


def correction(version, staff, clock, change):
    """A draft that corrects a version, changed."""
    draft = services.draft_from(version=version, actor=staff, at=clock())
    content = rows_of(draft)
    change(content)
    edit_draft(version=draft, content=content, actor=staff, reason="更正", at=clock())
    return PolicyVersion.objects.get(pk=draft.pk)


def raise_rate(content):
    cell(content, "ordinary", "level 1", "employed").rate = 8_000


def _publish(draft, staff, at):
    """By two others than who edited it."""
    common = {"version": draft, "reason": "更正", "at": at}
    services.submit_version(actor=staff, **common)
    seen = desk_of(draft, at.date()).fingerprint
    services.approve_version(actor=UserFactory(), seen=seen, **common)
    services.publish_version(actor=UserFactory(), **common)


def everything():
    return [list(model.objects.order_by("pk").values()) for model in KEPT]


def test_a_correction_lists_what_it_touches_with_the_sum_at_stake(yantai, clinic, send, settle, staff, clock):
    """600: 100 above the deductible, 70 → 80; then 100, 70 → 80. 400 stays below it: only its rate is another."""
    first, second = MemberFactory(), MemberFactory()
    settle(
        send(clinic, first, "2023-03-01", 60_000),
        send(clinic, first, "2023-03-02", 10_000),
        send(clinic, second, "2023-04-01", 40_000),
    )
    draft = correction(yantai, staff, clock, raise_rate)
    before = everything()
    found = impact_of(draft, at=clock())
    assert everything() == before
    assert (found.since, found.until) == (day("2023-01-01"), None)
    assert (found.settlements, found.members, found.replayed_members, found.complete) == (3, 2, 2, True)
    assert (found.changed, found.fund_difference, found.estimate) == (3, 2_000, 2_000)
    assert [(stake.service_date, stake.before, stake.after) for stake in found.largest] == [
        (day("2023-03-01"), 7_000, 8_000),
        (day("2023-03-02"), 7_000, 8_000),
        (day("2023-04-01"), 0, 0),
    ]
    assert sum(stake.difference for stake in found.largest) == found.fund_difference


def test_the_sum_is_what_re_adjudicating_then_gives(yantai, clinic, send, settle, staff, clock):
    for spent in (60_000, 90_000, 200_000, 350_000):
        settle(send(clinic, MemberFactory(), "2023-03-01", spent))
    member = MemberFactory()
    settle(send(clinic, member, "2023-05-01", 300_000), send(clinic, member, "2023-06-01", 100_000))
    draft = correction(yantai, staff, clock, raise_rate)
    expected = impact_of(draft, at=clock())
    _publish(draft, staff, clock())
    runs = readjudicate_city(
        city="370600", since=day("2023-01-01"), reason="更正", actor=staff, at=timezone.now()
    )
    assert sum(run.fund_difference for run in runs) == expected.fund_difference != 0
    assert sum(run.changed for run in runs) == expected.changed


def test_a_limit_that_is_lowered_costs_the_member_and_not_the_fund(
    yantai, clinic, send, settle, staff, clock
):
    settle(send(clinic, MemberFactory(), "2023-03-01", 300_000))
    draft = correction(yantai, staff, clock, lambda c: setattr(c.limits[0], "amount", 100_000))
    assert PaymentLimit.objects.get(version=draft).amount == 100_000
    # 3 000: 2 500 above the deductible, 1 750 by the rate; 1 000 by the limit.
    assert impact_of(draft, at=clock()).fund_difference == -75_000


def test_the_next_version_ends_what_is_touched(publish, clinic, send, settle, staff, clock):
    publish("370600-2022-07-01")
    publish("370600-2023-01-01")
    member = MemberFactory()
    settle(send(clinic, member, "2022-11-01", 60_000), send(clinic, member, "2023-03-01", 60_000))
    version = PolicyVersion.objects.get(effective_from=day("2022-07-01"))
    found = impact_of(correction(version, staff, clock, raise_rate), at=clock())
    assert (found.until, found.settlements) == (day("2022-12-31"), 1)
    assert (found.changed, found.fund_difference) == (1, 1_000)


def test_what_lies_ahead_what_is_published_and_what_has_gaps_touches_nothing(yantai, staff, clock):
    ahead = services.draft_from(version=yantai, actor=staff, at=clock(), effective_from=day("2099-01-01"))
    gaps = correction(yantai, staff, clock, lambda c: c.limits.clear())
    assert [impact_of(version, at=clock()) for version in (ahead, gaps, yantai)] == [None, None, None]


def test_where_no_claim_is_touched_nothing_is_at_stake(yantai, staff, clock):
    found = impact_of(correction(yantai, staff, clock, raise_rate), at=clock())
    assert (found.settlements, found.members, found.fund_difference, found.estimate) == (0, 0, 0, 0)


def test_of_many_members_a_sample_is_replayed_and_the_sum_estimated(
    yantai, clinic, send, settle, staff, clock, monkeypatch
):
    monkeypatch.setattr(claims_impact, "MOST_MEMBERS", 3)
    for _ in range(7):
        send(clinic, MemberFactory(), "2023-03-01", 60_000)
    settle(*Claim.objects.all())
    found = impact_of(correction(yantai, staff, clock, raise_rate), at=clock())
    assert (found.members, found.replayed_members, found.complete) == (7, 3, False)
    assert (found.fund_difference, found.estimate) == (3_000, 7_000)


def test_more_claims_take_no_more_queries(yantai, clinic, send, settle, staff, clock):
    draft = correction(yantai, staff, clock, raise_rate)
    counts = []
    for claims in (2, 12):  # what a claim alone needs is read by one statement on PostgreSQL
        for _ in range(claims):
            send(clinic, MemberFactory(), "2023-03-01", 60_000)
        settle(*Claim.objects.all())
        with CaptureQueriesContext(connection) as queries:
            assert impact_of(draft, at=clock()).settlements >= claims
        counts.append(len(queries))
    assert counts[0] == counts[1]
