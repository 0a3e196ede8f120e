"""Editing a draft writes exactly what differs: rows, history and who did it."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from policies import library, rows, services
from policies.desk import ROW_MODELS
from policies.models import BenefitTerm, PaymentLimit, PolicyVersion, Tier, TierCondition, VersionEdit
from policies.services import VersionRefused
from policies.services.drafts import edit_draft
from policies.store import rows_of
from tests.policies.build import CHANGCHUN, ZHENJIANG, benefit, cell, content
from tests.policies.build import draft as loaded_draft
from tests.policies.build import published as published_version
from tests.policies.desk.people import AT, LATER, edit, standing

pytestmark = pytest.mark.usefixtures("hooks")
VERSIONS = {path.stem: library.read_path(path) for path in library.version_files()}


def written(version) -> dict[str, list[tuple[str, str]]]:
    """What the histories say since the draft was made: model → (kind, reason)."""
    found = {}
    for model in ROW_MODELS:
        records = model.history.filter(version_id=version.pk).exclude(history_change_reason="录入新文件")
        if kinds := [(r.history_type, r.history_change_reason) for r in records.order_by("history_id")]:
            found[model.__name__] = kinds
    return found


def test_one_changed_rate_is_one_changed_row(draft, people):
    done = edit(draft, people)
    assert (done.created, done.changed, done.removed, done.head) == (0, 1, 0, False)
    assert written(draft) == {"BenefitTerm": [("~", "更正")]}
    record = BenefitTerm.history.filter(version_id=draft.pk, history_type="~").get()
    assert (record.rate, record.prev_record.rate) == (7_100, 7_000)
    assert (record.history_user, record.history_date) == (people.officer, LATER)
    assert draft.edits.latest("pk").editor == people.officer


def test_nothing_that_differs_writes_nothing(draft, people):
    before = VersionEdit.objects.count()
    assert not edit(draft, people, lambda c: None)
    assert (written(draft), VersionEdit.objects.count()) == ({}, before)


def test_the_head_is_changed_with_its_history(draft, people):
    def later(c):
        c.effective_from, c.note = date(2025, 1, 1), "自2025年起"

    done = edit(draft, people, later)
    assert (done.head, done.changed, written(draft)) == (True, 0, {})
    found = PolicyVersion.objects.get(pk=draft.pk)
    assert (found.effective_from, found.note) == (date(2025, 1, 1), "自2025年起")
    assert found.history.first().history_change_reason == "更正"


def test_a_line_that_is_added_at_the_end_moves_no_other(draft, people):
    def add(c):
        c.provisions.append(
            rows.ProvisionRow(document=c.document, clause="三", topic="budget", text="总额控制")
        )

    done = edit(draft, people, add)
    assert (done.created, done.changed, done.removed) == (1, 0, 0)


def test_a_line_that_is_taken_out_moves_no_other(draft, people):
    done = edit(draft, people, lambda c: c.account_uses.pop(1))
    assert (done.created, done.changed, done.removed) == (0, 0, 1)
    assert written(draft) == {"AccountUseRule": [("-", "更正")]}


def test_a_tier_with_another_code_takes_its_lines_along(draft, people):
    def rename(c):
        c.tiers[0].code = "grassroots"
        for row in c.benefits:
            for term in row.terms:
                term.tier = "grassroots" if term.tier == "level 1" else term.tier

    expected = rows_of(draft)
    rename(expected)
    edit(draft, people, rename)
    assert rows_of(draft) == rows.canonical(expected)
    assert not Tier.objects.filter(version=draft, code="level 1").exists()


def test_an_edit_can_leave_gaps(draft, people):
    edit(draft, people, lambda c: [c.limits.clear(), setattr(c, "entitlement", None)])
    assert rows_of(draft).limits == []
    with pytest.raises(VersionRefused, match="no payment limit names"):
        services.submit_version(version=draft, actor=people.officer, reason="x", at=AT)


@pytest.mark.parametrize("before", VERSIONS)
@pytest.mark.parametrize("after", VERSIONS)
def test_any_version_can_be_edited_into_any_other(before, after, register):
    """All tables and every kind of change: rows come, go, move and change, in the database as in the content."""
    old, new = VERSIONS[before], VERSIONS[after]
    version = loaded_draft(old)
    wanted = replace(new, city=old.city)
    edit_draft(version=version, content=wanted, actor=None, reason="改写", at=AT)
    version.refresh_from_db()
    assert rows_of(version) == wanted
    assert rows.fingerprint(rows_of(version)) == rows.fingerprint(wanted)
    for model in ROW_MODELS:
        ids = set(model.objects.filter(version=version).values_list("pk", flat=True))
        kept = {r.id for r in model.history.filter(version_id=version.pk)}
        gone = {r.id for r in model.history.filter(version_id=version.pk, history_type="-")}
        assert kept - gone == ids, model
    assert not edit_draft(version=version, content=wanted, actor=None, reason="又一次", at=AT)


def test_what_moves_or_changes_at_once_is_matched_by_content_then_by_key(register):
    version = loaded_draft(content(ZHENJIANG, "2023-01-01"))
    kept = {t.pk: t.version_id for t in TierCondition.objects.filter(version=version)}
    wanted = rows_of(version)
    wanted.account_credits.reverse()
    wanted.tiers.reverse()
    edit_draft(version=version, content=wanted, actor=None, reason="倒序", at=AT)
    assert rows_of(version) == rows.canonical(wanted)
    assert {t.pk for t in TierCondition.objects.filter(version=version)} == set(kept)


# --- Refusals -------------------------------------------------------------------------------------


def refused(version, change, people, **more) -> str:
    before = rows_of(version)
    with pytest.raises(VersionRefused) as told:
        edit(version, people, change, **more)
    assert rows_of(version) == before
    return str(told.value)


def test_an_unknown_document_is_named(draft, people):
    def cite(c):
        c.limits[0].document = "无此文号"

    assert "Unknown documents: 无此文号" in refused(draft, cite, people)
    assert "无此文号" in refused(draft, lambda c: setattr(c, "document", "无此文号"), people)


def test_a_draft_stays_in_its_city(draft, people):
    assert "another city: 410200" in refused(draft, lambda c: setattr(c, "city", "410200"), people)


TWICE = [
    (lambda c: c.tiers.append(c.tiers[0]), "tiers level 1"),
    (lambda c: c.benefits.append(benefit(c, "chronic")), "rules chronic"),
    (lambda c: c.out_of_area.append(c.out_of_area[0]), "out_of_area resident"),
    (
        lambda c: benefit(c, "ordinary").terms.append(cell(c, "ordinary", "level 1", "employed")),
        "terms ordinary.level 1.employed",
    ),
    (lambda c: c.account_uses.append(c.account_uses[0]), "account_uses self..policy_range.any"),
]


@pytest.mark.parametrize(("twice", "said"), TWICE)
def test_what_is_said_twice_is_refused_in_words(twice, said, draft, people):
    assert f"It says twice: {said}" in refused(draft, twice, people)


def test_a_published_version_is_not_edited(people):
    version = published_version()
    assert "can only be followed by another version, or corrected" in refused(
        version, lambda c: setattr(c, "note", "x"), people
    )


def test_an_edit_that_began_with_other_content_is_refused(draft, people):
    seen = standing(draft).fingerprint
    edit(draft, people, seen=seen)
    assert "Somebody else has edited it meanwhile" in refused(
        draft, lambda c: setattr(c, "note", "x"), people, seen=seen
    )


# --- How much it costs ----------------------------------------------------------------------------


def broadened(found: rows.VersionRows, tiers: int) -> rows.VersionRows:
    """The same with so many tiers, each with terms for every benefit that has some."""
    pattern = found.tiers[-1]
    added = [replace(pattern, code=f"t{number}", name=f"档次{number}") for number in range(tiers)]
    benefits = [
        replace(
            row,
            terms=[
                *row.terms,
                *(
                    replace(term, tier=tier.code)
                    for tier in added
                    for term in row.terms
                    if term.tier == pattern.code
                ),
            ],
        )
        for row in found.benefits
    ]
    return replace(found, tiers=[*found.tiers, *added], benefits=benefits)


def test_editing_many_rows_takes_as_many_queries_as_editing_few(register):
    counts = []
    for tiers in (3, 60):
        old = broadened(content(CHANGCHUN, "2023-01-01"), tiers)
        version = loaded_draft(old)
        wanted = rows_of(version)
        for term in benefit(wanted, "ordinary").terms:
            term.rate = 5_500
        wanted.limits[0].amount = 1
        with CaptureQueriesContext(connection) as queries:
            edit_draft(version=version, content=wanted, actor=None, reason="x", at=AT)
        counts.append(len(queries))
        assert PaymentLimit.objects.filter(version=version, amount=1).exists()
    # A statement on SQLite takes 999 parameters, so one with so many rows is sent in two.
    assert counts[0] <= counts[1] <= counts[0] + 3
    assert counts[1] < 40
