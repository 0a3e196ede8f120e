"""The harness's own memory: what a journal makes of answers, and of none."""

import pytest

from tests.faults.client import Journal
from tests.faults.traffic import REVERSE, SEND, WITHDRAW, Step

KEY = ("H1", "C-1")
BODY = {"claim_number": "C-1"}


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


def ask(journal, kind, *answers, body=BODY):
    for status in answers:
        request = journal.sent(Step(kind, *KEY, body if kind == SEND else {}, ("settled",)))
        if status != "killed":
            journal.told(request, status, "id" if status in (200, 202) else None)


@pytest.mark.parametrize("lost", [None, 500, 503, 429, "killed"])
def test_what_was_sent_without_a_clear_answer_is_unknown(journal, lost):
    ask(journal, SEND, lost)
    told = journal.read()[KEY]
    assert (told.unknown, told.accepted, told.refused) == ([BODY], [], [])


def test_an_answer_to_the_same_sent_again_leaves_the_first_unknown_and_the_claim_known(journal):
    ask(journal, SEND, None, 202)
    told = journal.read()[KEY]
    assert (told.unknown, told.accepted, told.claim_ids, told.expect) == ([BODY], [BODY], {"id"}, {"settled"})


def test_another_body_is_refused_beside_the_one_accepted(journal):
    ask(journal, SEND, 202)
    ask(journal, SEND, 409, body=BODY | {"total": "1.00"})
    told = journal.read()[KEY]
    assert (told.accepted, told.refused) == ([BODY], [BODY | {"total": "1.00"}])


def test_reversals_and_withdrawals_are_told_refused_or_unknown(journal):
    ask(journal, REVERSE, None, 409, 200)
    ask(journal, WITHDRAW, 500)
    told = journal.read()[KEY]
    assert (told.reversed, told.withdrawn) == ([None, False, True], [None])
