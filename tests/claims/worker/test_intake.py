"""A claim is stored once, whatever is sent again, and in the order in which it was sent."""

from datetime import UTC, date, datetime
from threading import Barrier, Thread

import pytest
from django.db import connection

from claims.content import Content, ContentLine, decode
from claims.models import Claim, ClaimEvent, ClaimKey
from claims.services import wake
from claims.services.intake import Arrival, submit
from claims.shards import SHARDS, shard_of
from claims.submission import Submission
from tests.factories import InstitutionFactory, UserFactory

AT = datetime(2023, 3, 2, 1, tzinfo=UTC)


def submission(number="C1", member="370600198005010017", amount=3300, **content):
    line = ContentLine("A1", "二甲双胍", 20_000, amount * 50, amount)
    content = {"benefit": "ordinary", "service_date": date(2023, 3, 1)} | content
    return Submission(number, Content(member_number=member, lines=(line,), **content))


def send(institution, *claims, **how):
    return submit(institution=institution, claims=claims, **({"at": AT} | how))


@pytest.fixture
def clinic(db):
    return InstitutionFactory()


@pytest.fixture
def woken(monkeypatch):
    """The shards whose workers are told of work."""
    shards = []
    monkeypatch.setattr(wake, "_wakers", [lambda some, urgent: shards.extend(some)])
    return shards


class TestANewClaim:
    def test_is_queued_as_it_was_sent(self, clinic):
        sent = submission()
        (receipt,) = send(clinic, sent)
        claim = Claim.objects.get()
        assert receipt.arrival == Arrival.NEW
        assert (receipt.claim_number, receipt.claim_id) == ("C1", claim.pk)
        assert (claim.status, claim.source, claim.received_at) == ("queued", "api", AT)
        assert (claim.institution, claim.member_number) == (clinic, "370600198005010017")
        assert (claim.benefit, claim.service_date, claim.total) == ("ordinary", date(2023, 3, 1), 3300)
        assert claim.shard == shard_of("370600198005010017") < SHARDS
        assert decode(claim.content) == sent.content
        assert claim.seq == ClaimKey.objects.get().pk
        assert not ClaimEvent.objects.exists()

    def test_has_the_service_date_of_its_discharge(self, clinic):
        stay = {"admitted_on": date(2023, 2, 20), "discharged_on": date(2023, 3, 1), "service_date": None}
        send(clinic, submission(benefit="inpatient", **stay))
        claim = Claim.objects.get()
        assert (claim.service_date, claim.admitted_on) == (date(2023, 3, 1), date(2023, 2, 20))

    def test_is_received_on_the_local_day(self, clinic):
        send(clinic, submission(), at=datetime(2023, 12, 31, 17, tzinfo=UTC))
        assert Claim.objects.get().received_on == date(2024, 1, 1)

    def test_from_paper_says_who_entered_it(self, clinic):
        clerk = UserFactory(username="clerk")
        send(clinic, submission(), source=Claim.Source.PAPER, actor=clerk)
        claim, event = Claim.objects.get(), ClaimEvent.objects.get()
        assert (claim.source, claim.entered_by) == ("paper", clerk)
        assert (event.claim, event.kind, event.actor, event.actor_name) == (claim, "entered", clerk, "clerk")

    def test_wakes_the_workers_of_its_shard_once_it_is_committed(
        self, clinic, woken, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            send(clinic, submission("C1"), submission("C2"), submission("C3", member="another"))
            assert woken == []
        assert set(woken) == {shard_of("370600198005010017"), shard_of("another")}

    def test_is_accepted_also_where_nobody_can_be_woken(
        self, clinic, monkeypatch, django_capture_on_commit_callbacks
    ):
        def fails(shards, urgent):
            raise ConnectionError

        monkeypatch.setattr(wake, "_wakers", [fails])
        with django_capture_on_commit_callbacks(execute=True):
            (receipt,) = send(clinic, submission())
        assert Claim.objects.get().pk == receipt.claim_id


class TestSentAgain:
    def test_the_same_content_is_the_first_claim(self, clinic, woken, django_capture_on_commit_callbacks):
        (first,) = send(clinic, submission())
        with django_capture_on_commit_callbacks(execute=True):
            (again,) = send(clinic, submission(), at=datetime(2024, 1, 1, tzinfo=UTC))
        assert (again.arrival, again.claim_id) == (Arrival.SAME, first.claim_id)
        assert Claim.objects.get().received_at == AT
        assert woken == []

    def test_other_content_is_refused_and_nothing_of_it_stored(self, clinic):
        send(clinic, submission(amount=3300))
        (other,) = send(clinic, submission(amount=3400))
        assert (other.arrival, other.claim_id) == (Arrival.DUPLICATE, None)
        assert Claim.objects.get().total == 3300
        assert ClaimKey.objects.count() == 1

    def test_within_one_call(self, clinic):
        receipts = send(
            clinic, submission("C1"), submission("C2"), submission("C1"), submission("C1", amount=1)
        )
        assert [r.arrival for r in receipts] == ["new", "new", "same", "duplicate"]
        assert receipts[2].claim_id == receipts[0].claim_id
        assert Claim.objects.count() == 2

    def test_beside_new_ones(self, clinic):
        send(clinic, submission("C2"))
        receipts = send(clinic, submission("C1"), submission("C2"), submission("C3"))
        assert [r.arrival for r in receipts] == ["new", "same", "new"]

    def test_by_another_institution_it_is_another_claim(self, clinic):
        (first,), (second,) = send(clinic, submission()), send(InstitutionFactory(), submission())
        assert second.arrival == Arrival.NEW
        assert second.claim_id != first.claim_id


class TestMany:
    def test_are_received_in_the_order_in_which_they_are_listed(self, clinic):
        numbers = [f"C{n * 7919 % 1000:03d}" for n in range(1000)]
        receipts = send(clinic, *(submission(number) for number in numbers))
        assert [r.claim_number for r in receipts] == numbers
        assert list(Claim.objects.order_by("seq").values_list("claim_number", flat=True)) == numbers

    def test_none_at_all(self, clinic):
        assert send(clinic) == []

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_with_the_same_numbers_in_another_order(self):
        clinic = InstitutionFactory()
        numbers, barrier, arrivals = [f"C{n:03d}" for n in range(400)], Barrier(2), []

        def batch(numbers):
            barrier.wait()
            arrivals.extend(r.arrival for r in send(clinic, *(submission(number) for number in numbers)))
            connection.close()

        threads = [Thread(target=batch, args=(order,)) for order in (numbers, numbers[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(arrivals) == ["new"] * 400 + ["same"] * 400
        assert Claim.objects.count() == 400
