"""A file's good claims are stored, its bad ones told; sent again, it completes what was begun and doubles nothing."""

from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection

from claims.batch_results import progress_of, refused_in, results_of
from claims.faults import Refused
from claims.models import Claim, ClaimBatch, ClaimBatchRow, ClaimKey
from claims.services import batches, wake
from claims.services.batches import OtherContent, Progress
from claims.services.intake import submit
from tests.api.bodies import claim, line
from tests.claims.batches.conftest import AT, numbered
from tests.factories import InstitutionFactory, UserFactory


def arrivals(batch):
    return [(result.row, result.claim_number, result.arrival) for result in results_of(batch)]


def test_good_claims_are_stored_and_bad_ones_told(send, clinic):
    bad = claim(claim_number="C2", total=33, service_date="2023-02-30")
    received = send([claim(claim_number="C1"), bad, claim(claim_number="C3")])
    batch = received.batch
    assert received.new
    assert (batch.claims, batch.stored, batch.same, batch.refused) == (3, 2, 0, 1)
    assert arrivals(batch) == [(1, "C1", "new"), (2, "C2", "refused"), (3, "C3", "new")]
    [refused] = refused_in(batch)
    assert [(f.row, f.pointer, f.code) for f in refused.faults] == [
        (2, "/1/service_date", "invalid_date"),
        (2, "/1/total", "wrong_type"),
    ]
    assert [c.claim_number for c in Claim.objects.order_by("seq")] == ["C1", "C3"]
    assert {(c.institution, c.source, c.received_at) for c in Claim.objects.all()} == {(clinic, "api", AT)}


def test_a_batch_shows_how_far_it_is(send):
    batch = send(numbered("C1", "C2")).batch
    assert progress_of(batch).waiting == 2
    assert progress_of(batch).by_status["settled"] == 0


def test_the_workers_are_told_once_it_is_committed(send, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(wake, "_wakers", [lambda shards, urgent: woken.extend(shards)])
    with django_capture_on_commit_callbacks(execute=True):
        send(numbered("C1", "C2"))
        assert woken == []
    assert len(woken) == 1


def test_a_mended_file_adds_only_what_was_refused(send):
    good, bad = claim(claim_number="C1"), claim(claim_number="C2", total="3.333")
    send([good, bad])
    again = send([good, claim(claim_number="C2")]).batch
    assert (again.stored, again.same, again.refused) == (1, 1, 0)
    assert arrivals(again) == [(1, "C1", "same"), (2, "C2", "new")]
    assert Claim.objects.count() == ClaimKey.objects.count() == 2


def test_other_content_under_a_number_is_refused_and_the_rest_taken(send):
    send(numbered("C1"))
    batch = send([claim(claim_number="C1", use_account=True), claim(claim_number="C2")]).batch
    assert (batch.stored, batch.refused) == (1, 1)
    [refused] = refused_in(batch)
    assert [(f.row, f.pointer, f.code) for f in refused.faults] == [(1, "/0/claim_number", "duplicate")]
    assert not Claim.objects.get(claim_number="C1").content.count("true")


def test_a_file_of_faults_keeps_the_first_of_each_claim(send, monkeypatch):
    monkeypatch.setattr(batches, "MAX_FAULTS", 3)
    batch = send([{"claim_number": f"C{n}"} for n in range(3)]).batch
    codes = [[fault.code for fault in result.faults] for result in refused_in(batch)]
    assert codes == [["required"] * 3, ["required", "too_many_faults"], ["required", "too_many_faults"]]


def test_a_number_twice_in_a_file_is_taken_once(send):
    batch = send([*numbered("C1", "C1"), claim(claim_number="C1", use_account=True)]).batch
    assert [arrival for *_, arrival in arrivals(batch)] == ["new", "same", "refused"]


def test_prescribers_must_be_registered(send):
    known = InstitutionFactory().code
    sent = [
        claim(claim_number="C1", prescribed_by=known),
        claim(claim_number="C2", prescribed_by="nobody"),
        claim(claim_number="C3", prescribed_by="nobody", total=1),
    ]
    batch = send(sent).batch
    codes = [[f.code for f in result.faults] for result in results_of(batch)]
    assert codes == [[], ["unknown_institution"], ["wrong_type", "unknown_institution"]]


def test_a_file_that_cannot_be_read_stores_nothing(send):
    with pytest.raises(Refused):
        send(b'[{"claim_number": "C1"}')
    assert not ClaimBatch.objects.exists()


def test_who_sent_it_by_page_is_kept(send):
    nurse = UserFactory(username="nurse")
    batch = send(numbered("C1"), source="page", actor=nurse, name="三月.json").batch
    assert (batch.source, batch.actor, batch.actor_name, batch.name) == ("page", nurse, "nurse", "三月.json")
    stored = Claim.objects.get()
    assert (stored.source, stored.entered_by) == ("file", nurse)


def test_progress_is_told_while_reading(send):
    seen = []
    send(
        [*numbered(*(f"C{n}" for n in range(1500)), total=None), 5],
        progress=lambda p: seen.append(Progress(p.claims, p.refused)),
    )
    assert seen == [Progress(1000, 0), Progress(1501, 1)]


# --- Idempotency ---------------------------------------------------------------------------------


def test_the_same_content_under_a_key_is_the_same_batch(send):
    first = send([*numbered("C1"), 7], key="K")
    again = send(b" [" + b'{"claim_number":"C1",' + _rest(claim()) + b", 7 ]", key="K")
    assert not again.new
    assert again.batch.pk == first.batch.pk
    assert ClaimBatch.objects.count() == Claim.objects.count() == 1


def _rest(body):
    from tests.api.bodies import encoded

    del body["claim_number"]
    return encoded(body)[1:]


def test_other_content_under_a_key_is_refused(send):
    send(numbered("C1"), key="K")
    for other in (numbered("C1", "C2"), numbered("C2"), numbered("C1", use_account=True), [7]):
        with pytest.raises(OtherContent):
            send(other, key="K")
    assert ClaimBatch.objects.count() == Claim.objects.count() == 1


def test_institutions_may_use_the_same_key(send):
    first = send(numbered("C1"), key="K")
    assert send(numbered("C2"), key="K", institution=InstitutionFactory()).batch.pk != first.batch.pk


def test_without_a_key_a_file_is_a_batch_each_time(send):
    assert send(numbered("C1")).batch.pk != send(numbered("C1")).batch.pk


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_half_way_leaves_nothing_and_is_completed_by_the_next(send, monkeypatch):
    def dies(*_args):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(batches, "_store_refused", dies)
        with pytest.raises(RuntimeError):
            send(numbered("C1", "C2"), key="K")
    assert not Claim.objects.exists()
    assert not ClaimKey.objects.exists()
    assert not ClaimBatch.objects.exists()
    assert send(numbered("C1", "C2"), key="K").batch.stored == 2


def test_what_was_stored_by_then_is_completed(send, clinic):
    from claims.submission import read_claim

    first = read_claim(claim(claim_number="C1"), is_institution=lambda code: True)
    submit(institution=clinic, claims=[first], at=AT)
    batch = send(numbered("C1", "C2"), key="K").batch
    assert (batch.stored, batch.same) == (1, 1)


def _at_once(jobs):
    barrier, errors = Barrier(len(jobs)), []

    def run(job):
        try:
            barrier.wait()
            job()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_key_twenty_times_at_once_is_one_batch(send):
    seen = []
    files = numbered(*(f"C{n}" for n in range(50)))
    assert _at_once([lambda: seen.append(send(files, key="K"))] * 20) == []
    assert sorted(received.new for received in seen) == [False] * 19 + [True]
    assert len({received.batch.pk for received in seen}) == ClaimBatch.objects.count() == 1
    assert Claim.objects.count() == 50


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_twenty_contents_under_a_key_exactly_one_is_taken(send):
    jobs = [lambda n=n: send([claim(claim_number=f"C{n}")], key="K") for n in range(20)]
    errors = _at_once(jobs)
    assert [type(error) for error in errors] == [OtherContent] * 19
    assert Claim.objects.count() == ClaimBatch.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_files_of_the_same_numbers_in_other_orders_do_not_wait_in_a_circle(send):
    numbers = [f"C{n:03d}" for n in range(300)]
    orders = [numbers, numbers[::-1], numbers[150:] + numbers[:150], sorted(numbers, key=hash)]
    assert _at_once([lambda order=order: send(numbered(*order)) for order in orders]) == []
    assert Claim.objects.count() == 300
    assert sum(batch.stored for batch in ClaimBatch.objects.all()) == 300


# --- Facts ---------------------------------------------------------------------------------------


def test_batches_never_change(send, owner):
    send([*numbered("C1"), 7])
    with owner():
        for model in (ClaimBatch, ClaimBatchRow):
            assert model.objects.exists()
            with pytest.raises(IntegrityError, match="append-only"), _savepoint():
                model.objects.update(**{"name" if model is ClaimBatch else "claim_number": "x"})


def _savepoint():
    from django.db import transaction

    return transaction.atomic()


def test_many_lines_and_odd_characters_come_back_as_sent(send):
    from claims.content import decode

    odd = 'A\\B"C\t'.strip() + "é、\\N"
    send([claim(claim_number="N\\1", total=None, lines=[line(name=odd), line(item_code="x\\y")] * 200)])
    stored = Claim.objects.get()
    content = decode(stored.content)
    assert stored.claim_number == "N\\1"
    assert (content.lines[0].name, content.lines[1].item) == (odd, "x\\y")
    assert len(content.lines) == 400
