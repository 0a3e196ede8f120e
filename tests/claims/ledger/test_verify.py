"""The commands that prove the ledger find what was tampered with; what they prove, the other tests rely on."""

import json
from datetime import date

import pytest
from django.core.management import call_command
from django.db.models import F

from claims.models import Accumulator, Claim, Settlement
from claims.services.readjudication import readjudicate
from claims.services.reversal import reverse
from claims.sets import SEQUENCE
from claims.verify import accumulators, settlements
from tests.claims.ledger.reading import faults, ledger_faults
from tests.factories import InstitutionFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger(yantai, publish, send, settle, staff, clock):
    """Claims settled, reversed and re-adjudicated; the revised one is the first."""
    clinic, member = InstitutionFactory(level=1), MemberFactory(balance=80_000)
    claims = [
        send(clinic, member, "2023-03-01", 60_000, use_account=True),
        send(clinic, member, "2023-03-02", 60_000, use_account=True),
        send(clinic, member, "2023-03-03", 10_000),
    ]
    settle(*claims)
    reverse(claim_id=claims[2].pk, institution=None, reason="x", actor=None, at=clock())
    publish(
        "370600-2023-01-01",
        lambda text: text.replace("deductible: 500.00, rate: 0.70", "deductible: 500.00, rate: 0.75"),
    )
    readjudicate(member_id=member.pk, year=2023, since=date(2023, 1, 1), reason="x", actor=staff, at=clock())
    assert Settlement.objects.count() == 3 + 3 + 2
    return claims


def row(claims, revision=1, claim=0):
    return Settlement.objects.filter(claim=claims[claim], revision=revision)


class TestSettlements:
    def test_an_honest_ledger_holds(self, ledger):
        assert ledger_faults() == ""
        assert faults("verify_settlements", "--sample", "3") == ""
        assert faults("verify_settlements", "--sample", "1000") == ""

    def test_an_empty_one_too(self, db):
        assert ledger_faults() == ""
        assert faults("verify_settlements", "--sample", "3") == ""

    def test_amounts_that_add_up_but_are_not_the_engines(self, ledger, unguarded):
        with unguarded():
            row(ledger).update(
                pooled_fund=F("pooled_fund") + 1,
                personal=F("personal") - 1,
                cash=F("cash") + 0,
                account=F("account") - 1,
            )
        report = faults("verify_settlements")
        number = ledger[0].claim_number
        assert (
            f"claim {number} ({ledger[0].pk}) revision 1: pooled_fund is 7001, the engine gives 7000"
            in report
        )
        assert "account is 52999, the engine gives 53000" in report
        assert "revision 2: it is not the exact negation" in report
        assert "in 8 settlements" in report

    @pytest.mark.parametrize(
        ("change", "found"),
        [
            ({"steps": "[]"}, "steps are []"),
            ({"deltas": "{}"}, "deltas are {}"),
            ({"spent": "[]"}, "spent are {}"),
            ({"used": '{"deductible/ordinary/2023":1}'}, "the engine gives"),
            ({"fingerprint": "0" * 64}, "the fingerprint is not that of the version's terms"),
            ({"version_id": 999}, "policy version 999 does not exist"),
            ({"case": "{"}, "cannot be read"),
            ({"tier": "level 2"}, "tier is 'level 2', the engine gives 'level 1'"),
            ({"fund_rate": None}, "fund_rate is None"),
            ({"member_id": 999}, "member, city or service date are not those of the case"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_whatever_else_was_changed(self, ledger, unguarded, change, found):
        with unguarded():
            row(ledger).update(**change)
        assert found in faults("verify_settlements")

    def test_a_case_that_tells_of_another_claim(self, ledger, unguarded):
        """Case and amounts changed together, as the engine would have them, are not what was sent."""
        settlement = row(ledger, claim=2).get()
        case = json.loads(settlement.case)
        case[5][0][2], case[5][0][3] = 2_000_000, 20_000
        with unguarded():
            row(ledger, claim=2).update(case=json.dumps(case, ensure_ascii=False))
        assert "the case does not tell what was sent" in faults("verify_settlements")

    def test_content_that_is_not_what_was_received(self, ledger, unguarded):
        with unguarded():
            content = ledger[0].content.replace("药品", "别的")
            assert Claim.objects.filter(pk=ledger[0].pk).update(content=content) == 1
        assert "the claim's content is not what was received" in faults("verify_settlements")

    def test_a_deleted_revision(self, ledger, unguarded):
        with unguarded():
            row(ledger, revision=3)._raw_delete("default")
        report = faults("verify_settlements")
        assert "revision 2: the claim stands at revision 3" in report
        assert "revision 3: the claim's newest revision is missing" in report

    def test_a_settlement_of_which_nothing_is_left(self, yantai, send, settle, unguarded):
        claim = settle(send(InstitutionFactory(), MemberFactory(), "2023-03-01", 100))
        with unguarded():
            Settlement.objects.all()._raw_delete("default")
        assert f"claim {claim.claim_number}" in faults("verify_settlements")

    def test_a_claim_in_a_state_that_its_revisions_do_not_give(self, ledger):
        Claim.objects.filter(pk=ledger[2].pk).update(status="settled")
        assert "revision 2: the claim is settled" in faults("verify_settlements")

    def test_reports_go_on_across_chunks(self, ledger, unguarded, monkeypatch):
        monkeypatch.setattr(settlements, "CHUNK", 3)
        assert ledger_faults() == ""
        with unguarded():
            row(ledger, claim=2).update(steps="[]")
        assert "in 8 settlements" in faults("verify_settlements")

    def test_settlements_of_another_engine_are_counted_apart(self, ledger, unguarded, capsys):
        with unguarded():
            Settlement.objects.update(engine_version=0)
        call_command("verify_settlements")
        assert "8 were made by another engine version" in capsys.readouterr().out


class TestAccumulators:
    @pytest.mark.parametrize("key", ["fund/ordinary/2023", SEQUENCE])
    def test_one_that_was_changed_is_found_and_rebuilt(self, ledger, key):
        before = dict(Accumulator.objects.values_list("key", "value"))
        Accumulator.objects.filter(key=key).update(value=F("value") + 1)
        member = ledger[0].member_id
        assert f"member {member}, {key}: {before[key] + 1}, the settlements give {before[key]}" in faults(
            "verify_accumulators"
        )
        call_command("verify_accumulators", "--rebuild")
        assert dict(Accumulator.objects.values_list("key", "value")) == before
        assert faults("verify_accumulators") == ""

    def test_one_that_is_gone_and_one_too_many(self, ledger, owner):
        before = dict(Accumulator.objects.values_list("key", "value"))
        with owner():
            Accumulator.objects.filter(key="fund/ordinary/2023").delete()
        Accumulator.objects.create(member_id=99_999, key="fund/ordinary/2023", value=5)
        report = faults("verify_accumulators")
        assert f"0, the settlements give {before['fund/ordinary/2023']}" in report
        assert "member 99999, fund/ordinary/2023: 5, the settlements give 0" in report
        call_command("verify_accumulators", "--rebuild")
        assert faults("verify_accumulators") == ""

    def test_members_in_several_ranges(self, yantai, send, settle, monkeypatch):
        monkeypatch.setattr(accumulators, "CHUNK", 1)
        clinic = InstitutionFactory(level=1)
        settle(*[send(clinic, MemberFactory(), "2023-03-01", 60_000) for _ in range(3)])
        assert faults("verify_accumulators") == ""
        Accumulator.objects.filter(key="fund/ordinary/2023").update(value=1)
        assert "3 accumulators differ" in faults("verify_accumulators")
