"""What the database itself refuses of claims and settlements, whoever writes and by whatever way."""

from datetime import date
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, ProtectedError

from claims import store
from claims.engine.result import AMOUNTS
from claims.models import Accumulator, Claim, ClaimEvent, ClaimKey, ReadjudicationRun, Settlement
from claims.services.postings import negation
from claims.store.rows import SettlementRow
from claims.triggers import CLAIM_TRIGGERS, SENT
from policies import triggers
from tests.claims.ledger.conftest import AT
from tests.claims.ledger.reading import current
from tests.factories import InstitutionFactory, MemberFactory

pytestmark = pytest.mark.django_db


def by_set(row):
    store.write_settlements([row])


def by_orm(row):
    Settlement.objects.create(**row._asdict())


def by_hand(row):
    names = ", ".join(f'"{name}"' for name in row._fields)
    values = [
        value.hex if connection.vendor == "sqlite" and isinstance(value, UUID) else value for value in row
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO claims_settlement ({names}) VALUES ({', '.join(['%s'] * len(row))})", values
        )


WRITERS = pytest.mark.parametrize("write", [by_set, by_orm, by_hand])


@pytest.fixture
def claim(yantai, send, settle):
    return settle(send(InstitutionFactory(level=1), MemberFactory(), "2023-03-01", 60_000))


@pytest.fixture
def first(claim):
    """The claim's settlement as a row to be written."""
    return SettlementRow(**{name: getattr(current(claim), name) for name in SettlementRow._fields})


@pytest.fixture
def reversing(claim):
    """The right second revision."""
    return negation(current(claim), cause="reversal", at=AT, reason="keyed twice")


def again(reversing):
    """A right third revision: what was reversed, settled once more."""
    amounts = {name: -getattr(reversing, name) for name in AMOUNTS}
    kind = {"kind": "settled", "cause": "readjudication", "reversal_reason": "", "run_id": 1}
    return reversing._replace(revision=3, previous=2, **kind, **amounts)


def refuses(write, row):
    """Whether the database refuses the row, and holds no more rows than before."""
    before = Settlement.objects.count()
    try:
        with transaction.atomic():
            write(row)
    except IntegrityError:
        return Settlement.objects.count() == before
    return False


@WRITERS
class TestRevisions:
    def test_the_right_ones_are_taken(self, write, reversing):
        write(reversing)
        write(again(reversing))
        assert list(Settlement.objects.values_list("revision", flat=True)) == [1, 2, 3]

    def test_one_a_second_time(self, write, first):
        assert refuses(write, first._replace(place=99))

    def test_a_gap(self, write, reversing):
        assert refuses(write, again(reversing))
        assert refuses(write, reversing._replace(revision=4, previous=3))

    def test_a_reversal_first(self, write, reversing, send):
        other = send(InstitutionFactory(), MemberFactory(), "2023-03-01", 100)
        row = reversing._replace(claim_id=other.pk, member_id=99)
        assert refuses(write, row)
        assert refuses(write, row._replace(revision=1, previous=None))

    def test_one_that_names_no_other_or_the_wrong_one(self, write, reversing, first):
        assert refuses(write, reversing._replace(previous=None))
        assert refuses(write, again(reversing)._replace(previous=1))
        assert refuses(write, first._replace(revision=0, place=99))

    def test_a_second_settlement_without_a_reversal_between(self, write, first):
        assert refuses(write, first._replace(revision=2, previous=1))

    def test_a_reversal_of_other_amounts(self, write, reversing):
        for name in AMOUNTS:
            assert refuses(write, reversing._replace(**{name: getattr(reversing, name) - 1})), name

    def test_a_reversal_of_other_amounts_that_add_up(self, write, reversing):
        moved = {"pooled_fund": -1, "personal": 1, "cash": 1}
        changed = {name: getattr(reversing, name) + amount for name, amount in moved.items()}
        assert refuses(write, reversing._replace(**changed))

    def test_a_reversal_of_something_else(self, write, reversing):
        others = {"member_id": 99, "institution_id": 99, "place": 99, "version_id": 99}
        others |= {"city": "410200", "service_date": date(2023, 3, 2), "benefit": "chronic"}
        for name, value in others.items():
            assert refuses(write, reversing._replace(**{name: value})), name

    def test_two_claims_at_one_place_of_a_member(self, write, first, send):
        other = send(InstitutionFactory(), MemberFactory(), "2023-03-01", 100)
        assert refuses(write, first._replace(claim_id=other.pk))


@WRITERS
class TestAmounts:
    @pytest.fixture
    def row(self, first, send):
        """A settlement of another claim that the database takes, unless it is changed."""
        other = send(InstitutionFactory(), MemberFactory(), "2023-03-01", 60_000)
        return first._replace(claim_id=other.pk, place=2)

    def test_the_right_one_is_taken(self, write, row):
        assert not refuses(write, row)

    def test_payers_sum_to_the_total(self, write, row):
        assert refuses(write, row._replace(pooled_fund=row.pooled_fund + 1))
        assert refuses(write, row._replace(critical_illness=1))

    def test_personal_is_accounts_and_cash(self, write, row):
        assert refuses(write, row._replace(account=1))
        assert refuses(write, row._replace(family_account=1))

    def test_the_split_sums_to_the_total(self, write, row):
        assert refuses(write, row._replace(eligible=row.eligible - 1))

    def test_no_share_is_negative(self, write, row):
        assert refuses(write, row._replace(account=-1, cash=row.cash + 1))
        assert refuses(write, row._replace(self_funded=-1, eligible=row.eligible + 1))
        assert refuses(write, row._replace(deductible=-1))
        assert refuses(write, row._replace(over_limit=-1))

    def test_only_day_surgery_has_an_institutions_share(self, write, row):
        surplus = row._replace(institution_share=-100, pooled_fund=row.pooled_fund + 100)
        assert refuses(write, surplus)
        assert not refuses(write, surplus._replace(benefit="day_surgery"))

    def test_with_a_reason_the_funds_pay_nothing(self, write, row):
        assert refuses(write, row._replace(reason="in_hospital"))
        nothing = {"pooled_fund": 0, "personal": row.total, "cash": row.total, "deductible": 0}
        assert not refuses(write, row._replace(reason="in_hospital", **nothing))

    def test_causes_fit(self, write, row):
        assert refuses(write, row._replace(cause="reversal", reversal_reason="x"))
        assert refuses(write, row._replace(cause="readjudication"))
        assert refuses(write, row._replace(run_id=1))
        assert refuses(write, row._replace(reversal_reason="x"))

    def test_a_reversal_says_why(self, write, reversing):
        assert refuses(write, reversing._replace(reversal_reason=""))


class TestWrittenOnce:
    @pytest.fixture(autouse=True)
    def rows(self, claim):
        ClaimEvent.objects.create(claim=claim, kind="requeued", actor_name="x", at=AT)
        ReadjudicationRun.objects.create(
            year=2023, since=date(2023, 1, 1), actor_name="x", reason="x", started_at=AT
        )

    @pytest.mark.parametrize(
        ("model", "change"),
        [
            (Settlement, {"steps": "[]"}),
            (ClaimEvent, {"reason": "another"}),
            (ClaimKey, {"digest": "0"}),
            (ReadjudicationRun, {"changed": 1}),
        ],
    )
    def test_neither_changed_nor_deleted(self, owner, model, change):
        rows = model.objects.all()
        with owner():
            with pytest.raises(IntegrityError, match=triggers.REFUSED), transaction.atomic():
                rows.update(**change)
            with pytest.raises(IntegrityError, match=triggers.REFUSED), transaction.atomic():
                rows._raw_delete(rows.db)

    def test_claims_are_not_deleted(self, owner, claim):
        with owner(), pytest.raises(IntegrityError, match=triggers.REFUSED), transaction.atomic():
            Claim.objects.filter(pk=claim.pk)._raw_delete("default")
        with pytest.raises(ProtectedError):
            claim.delete()

    def test_what_an_institution_sent_never_changes(self, owner, claim):
        others = {
            "institution_id": InstitutionFactory().pk,
            "shard": F("shard") + 1,
            "seq": F("seq") + 1,
            "total": F("total") + 1,
            "entered_by_id": 1,
            "received_at": AT,
        }
        for column in SENT[1:]:
            value = others.get(column, date(2020, 1, 1) if column.endswith(("_on", "_date")) else "other")
            with owner(), pytest.raises(IntegrityError, match=triggers.REFUSED), transaction.atomic():
                Claim.objects.filter(pk=claim.pk).update(**{column: value})

    def test_what_is_sent_is_all_before_the_state(self):
        columns = [field.column for field in Claim._meta.concrete_fields]
        assert list(SENT) == columns[: columns.index("status")]

    def test_where_it_stands_may_change(self, claim):
        assert Claim.objects.filter(pk=claim.pk).update(status="reversed", attempts=1) == 1

    def test_all_triggers_are_there(self):
        names = {trigger.name for trigger in CLAIM_TRIGGERS}
        assert len(names) == 15
        assert names <= triggers.installed(connection)
        assert triggers.missing(connection) == []


def test_an_accumulator_is_never_negative(claim):
    with pytest.raises(IntegrityError), transaction.atomic():
        Accumulator.objects.filter(key="fund/ordinary/2023").update(value=-1)
    with pytest.raises(IntegrityError), transaction.atomic():
        store.add_accumulators({(claim.member_id, "fund/ordinary/2023"): -7_001})


@pytest.mark.postgres
def test_a_foreign_key_refuses_gaps_without_any_trigger(claim, reversing, unguarded):
    with (
        unguarded(),
        pytest.raises(IntegrityError, match="settlement_previous_is_there"),
        transaction.atomic(),
    ):
        by_orm(again(reversing))
