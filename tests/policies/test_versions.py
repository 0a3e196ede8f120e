"""A version's life: draft, published for ever, corrected by a new revision, withdrawn; which one applies when."""

from datetime import UTC, datetime

import pytest

from policies import library, rows, selectors, services, store
from policies.findings import BROKEN, PUBLISH, Finding
from policies.models import BenefitTerm, PolicyVersion, Tier, User, VersionTransition
from policies.services import VersionRefused
from tests.policies.build import (
    AT,
    CHANGCHUN,
    CHONGQING,
    KAIFENG,
    YANTAI,
    cell,
    content,
    day,
    draft,
    publish,
    published,
)

pytestmark = pytest.mark.usefixtures("register", "hooks")


def refusal(**asked) -> str:
    with pytest.raises(VersionRefused) as caught:
        publish(**asked)
    return str(caught.value)


# --- Drafts and the crossing to the database ----------------------------------------------------


@pytest.mark.parametrize("path", library.version_files(), ids=lambda path: path.stem)
def test_the_database_gives_back_what_the_file_says(path):
    version = library.read_path(path)
    stored = draft(version)
    assert store.rows_of(stored) == version
    assert rows.fingerprint(store.rows_of(stored)) == rows.fingerprint(version)


def test_an_unfinished_version_is_a_draft_all_the_same():
    version = content(effective_from=None, limits=[], entitlement=None, critical_illness=None)
    assert store.rows_of(draft(version)) == rows.canonical(version)


def test_every_row_of_a_draft_has_its_history_with_reason_and_author():
    actor = User.objects.create(username="li")
    version = services.create_draft(content=content(), actor=actor, reason="录入", at=AT)
    for model in (Tier, BenefitTerm):
        history = model.history.filter(version=version)
        assert history.count() == model.objects.filter(version=version).count() > 0
        made = {(h.history_type, h.history_change_reason, h.history_user, h.history_date) for h in history}
        assert made == {("+", "录入", actor, AT)}
    record = version.history.get()
    assert (record.history_change_reason, record.history_user) == ("录入", actor)
    transition = version.transitions.get()
    assert (transition.kind, transition.actor, transition.actor_name, transition.at) == (
        "created",
        actor,
        "li",
        AT,
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [({"city": "999999"}, "Unknown city: 999999"), ({"document": "无此文号"}, "Unknown documents: 无此文号")],
)
def test_a_draft_needs_a_known_city_and_documents(change, said):
    version = content()
    for name, value in change.items():
        setattr(version, name, value)
    with pytest.raises(VersionRefused, match=said):
        draft(version)


def test_a_line_may_not_cite_an_unknown_document():
    version = content()
    version.limits[0].document = "无此文号"
    with pytest.raises(VersionRefused, match="无此文号"):
        draft(version)
    assert not PolicyVersion.objects.exists()


# --- Publishing ---------------------------------------------------------------------------------


def test_a_published_version_has_its_fingerprint_time_and_transition():
    version = published()
    assert version.published_at == AT
    assert version.fingerprint == rows.fingerprint(content())
    transition = version.transitions.last()
    assert (transition.kind, transition.actor_name, transition.reason, transition.fingerprint) == (
        "published",
        "tester",
        "council decision",
        version.fingerprint,
    )
    assert version.history.first().history_change_reason == "council decision"


def test_a_version_with_gaps_is_refused_with_all_of_them():
    version = content(limits=[], entitlement=None)
    said = refusal(version=draft(version))
    assert "no payment limit names ordinary outpatient for employed members" in said
    assert "Entitlement / paying arrears later: whether" in said
    assert not PolicyVersion.objects.exclude(published_at=None).exists()


def test_a_reason_is_needed():
    assert "A reason is needed" in refusal(version=draft(), reason="  ")


def test_a_missing_date_is_named():
    assert "The effective date is missing" in refusal(version=draft(content(effective_from=None)))


def test_a_published_version_is_not_published_again():
    assert "published already" in refusal(version=published())


def test_an_assumed_date_has_to_be_typed():
    version = draft(content(CHANGCHUN, "2023-01-01"))
    assert "The text gives no effective date: enter it." in refusal(version=version)
    version = publish(version, effective_from=day("2023-03-01"))
    assert (version.effective_from, version.effective_basis) == (day("2023-03-01"), "assumed")
    assert selectors.terms_of(version.pk).effective_from == day("2023-03-01")


def test_a_broken_bound_is_named_with_its_clause():
    version = content(CHONGQING, "2023-01-01")
    cell(version, "ordinary", "level 3", "employed").rate = 4_500
    said = refusal(version=draft(version), effective_from=day("2023-01-01"))
    assert "渝府办发〔2022〕16号 一(二)、二(二)1: the fund rate has to be at least 50%" in said


def test_a_later_version_of_a_city_in_time_may_start_after_the_deadline():
    on_time = content(CHONGQING, "2023-01-01")
    late = content(CHONGQING, "2023-01-01", effective_from=day("2024-01-01"))
    said = refusal(version=draft(late), effective_from=day("2024-01-01"))
    assert "has to be in place by 2023-12-31" in said
    publish(draft(on_time), effective_from=day("2023-01-01"))
    assert publish(draft(late), effective_from=day("2024-01-01")).is_published


def test_registered_checks_can_refuse_and_hooks_run_after(hooks):
    asked, announced = [], []

    def check(version, content):
        asked.append(content.city)
        return [Finding("cases", BROKEN, "a case fails", forbids=frozenset({PUBLISH}))]

    hooks.register_check(check)
    hooks.register_on_published(lambda version, terms: announced.append((version.pk, terms.version_id)))
    version = draft()
    assert refusal(version=version) == "a case fails"
    assert (asked, announced) == ([YANTAI], [])
    hooks._checks.clear()
    publish(version)
    assert announced == [(version.pk, version.pk)]


def test_a_hook_that_fails_undoes_the_publication(hooks):
    def fail(version, terms):
        raise RuntimeError("disk full")

    hooks.register_on_published(fail)
    version = draft()
    with pytest.raises(RuntimeError):
        publish(version)
    version.refresh_from_db()
    assert not version.is_published
    assert not version.transitions.filter(kind="published").exists()


def load(version):
    return services.load_version(content=version, actor=None, actor_name="loader", reason="file", at=AT)


# --- Corrections --------------------------------------------------------------------------------


def corrected(version: rows.VersionRows, rate: int):
    """A draft that corrects what is published for the same date: one rate differs."""
    cell(version, "ordinary", "level 1", "employed").rate = rate
    return load(version)[0]


def test_a_correction_is_a_new_revision_and_the_old_one_stays_readable():
    first = published()
    second = corrected(content(), 7_100)
    assert (second.revision, second.based_on) == (2, first)
    second = publish(second)
    assert selectors.version_id_on(YANTAI, day("2022-08-01")) == second.pk
    for version, rate in ((first, 7_000), (second, 7_100)):
        terms = selectors.terms_of(version.pk)
        assert terms.benefits["ordinary"].cells["level 1", "employed"].rate.value == rate
        assert terms.revision == version.revision


def test_of_two_drafts_the_second_cannot_overtake_the_first_unseen():
    one, other = draft(), draft()
    publish(one)
    assert "Revision 1 of that date was published without it" in refusal(version=other)
    left, right = corrected(content(), 7_100), corrected(content(), 7_200)
    assert publish(left).revision == 2
    assert "Revision 2 of that date" in refusal(version=right)


def test_a_draft_can_be_made_from_a_version_to_correct_it_or_for_another_date():
    first = published()
    asked = {"version": first, "actor": None, "actor_name": "tester", "reason": "next year", "at": AT}
    same = services.draft_from(**asked)
    assert (same.revision, same.based_on) == (2, first)
    assert store.rows_of(same) == store.rows_of(first)
    copy = services.draft_from(**asked, effective_from=day("2023-01-01"))
    assert (copy.revision, copy.effective_from, copy.based_on) == (1, day("2023-01-01"), first)


# --- Loading from files -------------------------------------------------------------------------


def test_loading_twice_changes_nothing():
    first, new = load(content())
    assert new
    assert load(content()) == (first, False)
    publish(first)
    version, new = load(content())
    assert (version.pk, new) == (first.pk, False)
    assert PolicyVersion.objects.count() == 1
    assert Tier.history.count() == 3


def test_a_file_that_differs_from_what_is_published_becomes_a_draft_correction():
    first = published()
    changed = content()
    cell(changed, "ordinary", "level 1", "employed").rate = 7_100
    second, new = load(changed)
    assert new
    assert (second.revision, second.based_on, second.is_published, second.loaded) == (2, first, False, True)
    assert load(changed) == (second, False)
    first.refresh_from_db()
    assert first.fingerprint == rows.fingerprint(content())


def test_a_draft_that_staff_changed_is_not_overwritten():
    first, _new = load(content())
    BenefitTerm.objects.filter(version=first, tier__code="level 1").update(rate=7_100)
    second, new = load(content())
    assert new
    assert second.pk != first.pk
    assert set(
        BenefitTerm.objects.filter(version=first, tier__code="level 1").values_list("rate", flat=True)
    ) == {7_100}


# --- Withdrawing --------------------------------------------------------------------------------


def withdraw(version, reason="issued by mistake"):
    return services.withdraw_version(version=version, actor=None, actor_name="tester", reason=reason, at=AT)


def test_a_withdrawn_version_applies_no_longer_and_stays_readable():
    first, second = published(), published(content(YANTAI, "2023-01-01"))
    assert selectors.version_id_on(YANTAI, day("2023-06-01")) == second.pk
    withdraw(second)
    assert selectors.version_id_on(YANTAI, day("2023-06-01")) == first.pk
    assert selectors.terms_of(second.pk).version_id == second.pk
    with pytest.raises(VersionRefused):
        withdraw(second)


def test_a_corrected_revision_applies_again_when_its_correction_is_withdrawn():
    first = published()
    second = publish(corrected(content(), 7_100))
    withdraw(second)
    assert selectors.version_id_on(YANTAI, day("2022-08-01")) == first.pk
    assert publish(corrected(content(), 7_200)).revision == 3


def test_a_discarded_draft_cannot_be_published_and_a_reason_is_needed():
    version = draft()
    with pytest.raises(VersionRefused, match="reason"):
        withdraw(version, reason="")
    withdraw(version)
    assert "It is withdrawn" in refusal(version=version)
    assert list(selectors.drafts(YANTAI)) == []
    assert load(content())[1]


# --- Which version applies ----------------------------------------------------------------------


@pytest.fixture
def yantai(register, hooks):
    return [published(content(YANTAI, d)) for d in ("2022-07-01", "2023-01-01", "2024-01-01")]


@pytest.mark.parametrize(
    ("on", "place"),
    [
        ("2022-06-30", None),
        ("2022-07-01", 0),
        ("2022-12-31", 0),
        ("2023-01-01", 1),
        ("2023-12-31", 1),
        ("2024-01-01", 2),
        ("2099-01-01", 2),
    ],
)
def test_the_service_date_decides(yantai, on, place):
    wanted = None if place is None else yantai[place].pk
    assert selectors.version_id_on(YANTAI, day(on)) == wanted
    entry = selectors.version_index().entry(YANTAI, day(on))
    assert (entry and entry.version_id) == wanted
    terms = selectors.version_index().terms(YANTAI, day(on))
    assert (terms and terms.version_id) == wanted


def test_the_index_is_one_query_and_knows_published_versions_only(yantai, django_assert_num_queries):
    draft(content(KAIFENG, "2023-01-01"))
    draft(content(YANTAI, "2023-01-01"))
    with django_assert_num_queries(1):
        index = selectors.versions_index()
    assert index == {YANTAI: [(v.effective_from, v.pk) for v in yantai]}


def test_terms_of_a_published_version_are_compiled_once(yantai, django_assert_num_queries):
    pk = yantai[0].pk
    first = selectors.terms_of(pk)
    with django_assert_num_queries(1):
        assert selectors.terms_of(pk) is first
    index = selectors.version_index()
    index.terms(YANTAI, day("2023-05-01"))
    with django_assert_num_queries(0):
        index.terms(YANTAI, day("2023-05-02"))


def test_terms_of_a_draft_are_never_kept():
    version = draft()
    before = selectors.terms_of(version.pk)
    BenefitTerm.objects.filter(version=version, tier__code="level 1", status="employed").update(rate=7_100)
    after = selectors.terms_of(version.pk)
    assert before.fingerprint != after.fingerprint


def test_terms_from_the_database_are_those_of_the_file(yantai):
    for stored, compiled in zip(yantai, library.project_terms()[YANTAI], strict=True):
        found = selectors.terms_of(stored.pk)
        assert found.fingerprint == compiled.fingerprint == stored.fingerprint
        assert (found.cites, found.benefits, found.limits) == (
            compiled.cites,
            compiled.benefits,
            compiled.limits,
        )


def test_the_longest_waiting_that_can_matter(yantai):
    published(content("321100", "2023-01-01"))
    index = selectors.version_index()
    assert index.longest_waiting(2022 * 12, 2022 * 12 + 11) == 0
    assert index.longest_waiting(2022 * 12, 2023 * 12) == 2


def test_states_on_a_line_of_time(yantai):
    correction = publish(corrected(content(YANTAI, "2023-01-01"), 7_100))
    drafted = draft(content(effective_from=None))
    entries = selectors.timeline(YANTAI, day("2023-06-30"))
    assert [(e.version.pk, e.state, e.ends_on and e.ends_on.isoformat()) for e in entries] == [
        (yantai[0].pk, "superseded", "2022-12-31"),
        (yantai[1].pk, "superseded", None),
        (correction.pk, "in_force", "2023-12-31"),
        (yantai[2].pk, "scheduled", None),
        (drafted.pk, "draft", None),
    ]
    assert [str(e.label) for e in entries[2:]] == ["in force", "scheduled", "draft"]
    assert selectors.state_of(yantai[2], day("2024-01-01")) == "in_force"
    withdraw(drafted)
    assert selectors.state_of(drafted, day("2023-06-30")) == "withdrawn"


def test_transitions_keep_their_time_and_author():
    version = draft()
    later = datetime(2022, 6, 25, tzinfo=UTC)
    publish(version, at=later)
    kinds = list(VersionTransition.objects.filter(version=version).values_list("kind", "at"))
    assert kinds == [("created", AT), ("published", later)]
