"""From draft to in force by four eyes, refused by the services and by the database alike."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from policies import rows, selectors, services, triggers
from policies.files import write_version, write_xlsx
from policies.findings import BROKEN, PUBLISH, Finding
from policies.models import (
    AcceptanceCase,
    BenefitTerm,
    PaymentLimit,
    PolicyVersion,
    Tier,
    VersionEdit,
    VersionTransition,
)
from policies.services import VersionRefused
from policies.services.drafts import draft_from_file, edit_draft, record_edit
from policies.store import rows_of
from tests.policies.build import AT as LOADED_AT
from tests.policies.build import CHANGCHUN, YANTAI, content, day
from tests.policies.build import draft as loaded_draft
from tests.policies.build import publish as publish_by_command
from tests.policies.desk.people import (
    AT,
    OFFICER,
    approve,
    approved,
    edit,
    hire,
    publish,
    raise_rate,
    someone,
    standing,
    submit,
)

pytestmark = pytest.mark.usefixtures("hooks")


def refusal(action, *args, **more) -> str:
    with pytest.raises(VersionRefused) as caught:
        action(*args, **more)
    return str(caught.value)


# --- The way --------------------------------------------------------------------------------------


def test_a_draft_goes_to_review_is_approved_and_published(draft, people):
    assert standing(draft).state == "draft"
    submit(draft, people)
    assert standing(draft).state == "in_review"
    approve(draft, people)
    assert standing(draft).state == "approved"
    version = publish(draft, people)
    assert standing(version).state == "scheduled"
    assert version.fingerprint == rows.fingerprint(content())
    kinds = [(t.kind, t.actor.username, t.reason) for t in standing(version).transitions]
    assert kinds == [
        ("created", "policy-officer", "录入新文件"),
        ("submitted", "policy-officer", "完成"),
        ("approved", "policy-reviewer", "核对无误"),
        ("published", "publisher", "局长办公会通过"),
    ]


def test_a_returned_version_is_a_draft_again_with_the_reason(draft, people):
    submit(draft, people)
    services.return_version(version=draft, actor=people.reviewer, reason="缺少二级限额依据", at=AT)
    found = standing(draft)
    assert (found.state, found.returned.reason) == ("draft", "缺少二级限额依据")
    submit(draft, people)
    assert standing(draft).returned is None


def test_an_approved_version_can_be_returned_too(draft, people):
    services.return_version(version=approved(draft, people), actor=people.reviewer, reason="重新核对", at=AT)
    assert standing(draft).state == "draft"
    assert "not approved" in refusal(publish, draft, people)


STEPS = {
    "submit": lambda version, people, reason: submit(version, people, reason=reason),
    "approve": lambda version, people, reason: approve(version, people, reason=reason),
    "publish": lambda version, people, reason: publish(version, people, reason=reason),
    "return": lambda version, people, reason: services.return_version(
        version=version, actor=people.reviewer, reason=reason, at=AT
    ),
    "withdraw": lambda version, people, reason: services.withdraw_version(
        version=version, actor=people.officer, reason=reason, at=AT
    ),
    "edit": lambda version, people, reason: edit(version, people, reason=reason),
}


@pytest.mark.parametrize("step", STEPS)
def test_every_step_asks_for_a_reason(step, draft, people):
    if step in ("approve", "return"):
        submit(draft, people)
    if step == "publish":
        approved(draft, people)
    assert "A reason is needed" in refusal(STEPS[step], draft, people, "   ")


ORDER = [
    ("approve", "draft"),
    ("publish", "draft"),
    ("publish", "in_review"),
    ("submit", "in_review"),
    ("approve", "approved"),
    ("submit", "approved"),
    ("return", "draft"),
]


@pytest.mark.parametrize(("step", "state"), ORDER)
def test_no_step_is_taken_out_of_order(step, state, draft, people):
    if state in ("in_review", "approved"):
        submit(draft, people)
    if state == "approved":
        approve(draft, people)
    assert standing(draft).state == state
    refusal(STEPS[step], draft, people, "想先做")
    assert standing(draft).state == state


@pytest.mark.parametrize("step", STEPS)
def test_nothing_is_done_with_a_withdrawn_version(step, draft, people):
    services.withdraw_version(version=draft, actor=people.officer, reason="作废", at=AT)
    refusal(STEPS[step], draft, people, "再来")
    assert standing(draft).state == "withdrawn"


def test_a_published_version_is_withdrawn_only_before_it_takes_effect(draft, people):
    version = publish(approved(draft, people), people)
    in_force = AT + timedelta(days=30)
    said = refusal(
        services.withdraw_version, version=version, actor=people.publisher, reason="有误", at=in_force
    )
    assert "has taken effect: it can only be followed by another version, or corrected" in said
    services.withdraw_version(version=version, actor=people.publisher, reason="有误", at=AT)
    assert selectors.version_id_on(YANTAI, day("2022-08-01")) is None


# --- Four eyes, twice -----------------------------------------------------------------------------


def test_whoever_edited_a_draft_cannot_approve_it(draft, people):
    submit(draft, people)
    assert "You have edited this version" in refusal(approve, draft, people, actor=people.officer)


def test_whoever_edited_a_draft_cannot_publish_it(draft, people):
    approved(draft, people)
    assert "You have edited this version" in refusal(publish, draft, people, actor=people.officer)


def test_who_approved_cannot_publish(draft, people):
    approved(draft, people)
    said = refusal(publish, draft, people, actor=people.reviewer)
    assert "You have approved this version: somebody else has to publish it" in said


def test_a_second_officer_who_edits_is_barred_as_well(draft, people):
    other = someone(OFFICER, "second")
    edit(draft, people, actor=other)
    submit(draft, people)
    assert standing(draft).editors == {people.officer.pk, other.pk}
    refusal(approve, draft, people, actor=other)


def test_who_wrote_a_row_without_any_service_is_an_editor_by_its_history(draft, people):
    row = PaymentLimit.objects.filter(version=draft).first()
    row._history_user = people.reviewer
    row.note = "看看"
    row.save()
    submit(draft, people)
    assert people.reviewer.pk in standing(draft).editors
    refusal(approve, draft, people)


def test_a_copy_of_a_draft_keeps_the_editors_of_its_original(draft, people):
    copy = services.draft_from(version=draft, actor=someone(OFFICER, "second"), at=AT)
    submit(copy, people)
    refusal(approve, copy, people, actor=people.officer)
    brought = copy.edits.get(editor=people.officer)
    assert brought.source == VersionEdit.Source.COPY


def test_publishing_is_no_edit(draft, people):
    version = publish(approved(draft, people), people)
    assert standing(version).editors == {people.officer.pk}


def test_the_buttons_say_who_may_do_what_and_why_not(draft, people):
    submit(draft, people)
    officer, reviewer = standing(draft).actions(people.officer), standing(draft).actions(people.reviewer)
    assert (officer["edit"], reviewer["approve"], reviewer["return"]) == ("", "", "")
    assert "roles or your cities" in officer["approve"]
    assert "roles or your cities" in reviewer["edit"]
    assert officer["publish"] == "It is not approved."
    elsewhere = someone("policy reviewer", "kaifeng-reviewer", "410200")
    assert "roles or your cities" in standing(draft).actions(elsewhere)["approve"]
    people.officer.is_superuser = True
    assert "You have edited this version" in standing(draft).actions(people.officer)["approve"]


# --- The database refuses the same ---------------------------------------------------------------


def transition(version, kind, actor, fingerprint=None, cases=""):
    fingerprint = standing(version).fingerprint if fingerprint is None else fingerprint
    return VersionTransition.objects.create(
        version=version,
        kind=kind,
        actor=actor,
        actor_name="by hand",
        reason="by hand",
        fingerprint=fingerprint,
        cases=cases,
        at=AT,
    )


def refused_by_database(action, match=triggers.REFUSED):
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        action()


def test_the_database_takes_no_approval_of_an_editor(draft, people):
    submit(draft, people)
    refused_by_database(lambda: transition(draft, "approved", people.officer), "whoever edited")
    VersionEdit.objects.create(
        version=draft, editor=people.reviewer, editor_name="x", reason="x", source="page", at=AT
    )
    refused_by_database(lambda: transition(draft, "approved", people.reviewer), "whoever edited")


@pytest.mark.parametrize("model", [Tier, BenefitTerm, AcceptanceCase, PolicyVersion])
def test_the_database_knows_editors_by_the_history_of_every_table(model, draft, people):
    """One table of each kind; that none is left out is tested below."""
    if model is AcceptanceCase:
        row = AcceptanceCase(version=draft, name="例", text="")
    else:
        row = draft if model is PolicyVersion else model.objects.filter(version=draft).first()
        row.note = "改"
    row._history_user = people.reviewer
    row.save()
    refused_by_database(lambda: transition(draft, "approved", people.reviewer), "whoever edited")


def test_no_table_of_a_version_is_left_out_when_editors_are_looked_for():
    from policies.desk import ROW_MODELS
    from policies.desk_triggers import HISTORIES

    wanted = {model.history.model._meta.db_table for model in (*ROW_MODELS, AcceptanceCase, PolicyVersion)}
    assert set(HISTORIES) == wanted
    assert len(ROW_MODELS) == 19


def test_the_database_takes_no_publication_by_editor_or_approver_nor_of_other_content(draft, people):
    approved(draft, people)
    refused_by_database(lambda: transition(draft, "published", people.officer), "whoever edited")
    refused_by_database(lambda: transition(draft, "published", people.reviewer), "somebody else approved")
    refused_by_database(
        lambda: transition(draft, "published", people.publisher, fingerprint="0" * 64),
        "somebody else approved",
    )
    refused_by_database(
        lambda: transition(draft, "published", people.publisher, cases="0" * 64), "somebody else approved"
    )
    transition(draft, "published", people.publisher)


def test_the_database_takes_no_publication_without_approval_or_after_a_return(draft, people):
    refused_by_database(lambda: transition(draft, "published", people.publisher), "somebody else approved")
    approved(draft, people)
    services.return_version(version=draft, actor=people.reviewer, reason="重看", at=AT)
    refused_by_database(lambda: transition(draft, "published", people.publisher), "somebody else approved")


def test_the_database_publishes_nothing_without_the_transition(draft, people):
    found = standing(draft)
    query = PolicyVersion.objects.filter(pk=draft.pk)
    refused_by_database(
        lambda: query.update(published_at=AT, fingerprint=found.fingerprint),
        "the transition that says by whom",
    )
    approved(draft, people)
    transition(draft, "published", people.publisher)
    refused_by_database(
        lambda: query.update(published_at=AT, fingerprint="0" * 64), "the transition that says by whom"
    )


@pytest.mark.parametrize("kind", ["submitted", "returned", "approved"])
def test_the_database_takes_no_review_in_nobodys_name(kind, draft):
    refused_by_database(lambda: transition(draft, kind, None), "a command publishes only")


def test_the_database_takes_no_transition_without_a_reason(draft, people):
    with pytest.raises(IntegrityError), transaction.atomic():
        VersionTransition.objects.create(
            version=draft, kind="withdrawn", actor=people.officer, actor_name="x", reason="", at=AT
        )


@pytest.mark.parametrize("table", ["policies_versionedit", "policies_versioncomment"])
def test_who_edited_and_what_was_said_stays(table, draft, people):
    services.versions.steps.record_edit(draft, actor=people.officer, reason="x", at=AT, source="page")
    draft.comments.create(author=people.officer, author_name="x", text="?", at=AT)
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        run(f"UPDATE {table} SET at = at")
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        run(f"DELETE FROM {table}")


def run(sql: str, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


# --- Commands -------------------------------------------------------------------------------------


def test_a_command_publishes_what_a_command_loaded(register):
    version = loaded_draft()
    assert (version.loaded, version.edits.get().source) == (True, "command")
    assert publish_by_command(version).is_published


def test_a_command_does_not_publish_what_people_have_edited(draft, people):
    assert "People have worked on this version" in refusal(publish_by_command, draft)
    version = loaded_draft(content("410200", "2023-01-01"))
    edit(version, people, lambda c: setattr(c, "note", "核对过"))
    assert "People have worked on this version" in refusal(publish_by_command, version)
    refused_by_database(lambda: transition(version, "published", None), "a command publishes only")


def test_a_loaded_draft_can_go_the_way_of_all_others(register):
    people, version = hire(YANTAI), loaded_draft()
    approved(version, people)
    assert publish(version, people).loaded


def test_loading_again_leaves_to_people_what_they_made(people, capsys, tmp_path):
    from django.core.management import call_command

    version = services.create_draft(content=content(), actor=people.officer, reason="录入", at=AT)
    file = tmp_path / "370600-2022-07-01.yaml"
    file.write_text(write_version(content()), encoding="utf-8")
    call_command("load_policies", file)
    assert "in people's hands" in capsys.readouterr().out
    assert standing(version).state == "draft"


# --- What voids an approval -----------------------------------------------------------------------


def by_service(version, people, client):
    edit(version, people)


def by_file(version, people, client):
    changed = rows_of(version)
    raise_rate(changed)
    from policies.files import read_upload

    uploaded = read_upload(write_xlsx(changed), "新.xlsx")
    edit_draft(version=version, content=uploaded, actor=people.officer, reason="导入", at=AT, source="file")


def by_admin_form(version, people, client):
    row = PaymentLimit.objects.filter(version=version).first()
    client.force_login(people.officer)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    address = reverse("admin:policies_paymentlimit_change", args=[row.pk])
    page = client.get(address)
    assert page.status_code == 200
    form = page.context["adminform"].form
    sent = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {name: field for name, field in sent.items() if field is not None}
    sent |= {"amount": "1000.00", "change_reason": "限额调整"}
    answer = client.post(address, sent)
    assert answer.status_code == 302, answer.context["errors"]
    assert version.edits.latest("pk").reason == "限额调整"


def by_orm(version, people, client):
    row = BenefitTerm.objects.filter(version=version, rate__isnull=False).first()
    row.rate -= 1
    row.save()


def by_queryset(version, people, client):
    BenefitTerm.objects.filter(version=version, rate__isnull=False).update(rate=1)


def by_deleting(version, people, client):
    PaymentLimit.objects.filter(version=version).delete()


def by_raw_sql(version, people, client):
    run("UPDATE policies_benefitterm SET clause = 'x' WHERE version_id = %s", version.pk)


def by_raw_sql_on_the_head(version, people, client):
    run("UPDATE policies_policyversion SET effective_from = '2022-08-01' WHERE id = %s", version.pk)


def by_a_case(version, people, client):
    AcceptanceCase.objects.create(version=version, name="例", text="x")


PATHS = [
    by_service,
    by_file,
    by_admin_form,
    by_orm,
    by_queryset,
    by_deleting,
    by_raw_sql,
    by_raw_sql_on_the_head,
    by_a_case,
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_any_edit_after_the_approval_voids_it(path, draft, people, client, settings):
    settings.AXES_ENABLED = False
    approved(draft, people)
    path(draft, people, client)
    found = standing(draft)
    assert found.state == "approval_void"
    assert str(found.label) == "edited since, approval void"
    said = refusal(publish, draft, people)
    assert "edited after its approval, which is void: it has to be approved anew" in said
    assert not PolicyVersion.objects.get(pk=draft.pk).is_published
    assert [e.state for e in selectors.timeline(YANTAI, day("2022-06-21"))] == ["approval_void"]


def test_what_is_put_back_exactly_is_what_was_approved(draft, people):
    """The approval is of the content; going back to it restores nothing but what was approved."""
    approved(draft, people)
    edit(draft, people)
    edit(draft, people, lambda c: setattr(_cell(c), "rate", _cell(c).rate - 100))
    assert standing(draft).state == "approved"


def _cell(found):
    from tests.policies.build import cell

    return cell(found, "ordinary", "level 1", "employed")


def test_approving_anew_and_publishing(draft, people):
    approved(draft, people)
    edit(draft, people)
    approve(draft, people)
    assert standing(draft).state == "approved"
    assert publish(draft, people).is_published


def test_an_edit_while_the_reviewer_reads_is_not_approved_unseen(draft, people):
    submit(draft, people)
    seen = standing(draft).fingerprint
    edit(draft, people)
    assert "edited while you read it" in refusal(approve, draft, people, seen=seen)


def test_the_publication_holds_what_was_approved_in_all_paths(draft, people):
    version = publish(approved(draft, people), people)
    for path in (by_orm, by_queryset, by_raw_sql, by_deleting, by_a_case):
        refused_by_database(lambda path=path: path(version, people, None))
    refusal(edit, version, people)
    refusal(record_edit, version=version, actor=people.officer, reason="x", at=AT)


# --- Dates ----------------------------------------------------------------------------------------


@pytest.fixture
def changchun(register):
    people = hire(CHANGCHUN)
    version = services.create_draft(
        content=content(CHANGCHUN, "2023-01-01"), actor=people.officer, reason="征求意见稿", at=AT
    )
    return approved(version, people), people


def test_an_assumed_date_is_typed_again_by_whoever_publishes(changchun):
    version, people = changchun
    assert "The text gives no effective date: enter it." in refusal(publish, version, people)
    said = refusal(publish, version, people, effective_from=day("2023-03-01"))
    assert "approved for 2023-01-01, not for 2023-03-01" in said
    assert "A reason is needed" in refusal(
        publish, version, people, effective_from=day("2023-01-01"), reason=" "
    )
    assert publish(version, people, effective_from=day("2023-01-01")).is_published


def test_changchun_without_a_date_goes_nowhere(register):
    people = hire(CHANGCHUN)
    version = services.create_draft(
        content=content(CHANGCHUN, "2023-01-01", effective_from=None), actor=people.officer, reason="x", at=AT
    )
    assert "the effective date is missing" in refusal(submit, version, people)
    assert "The text gives no effective date" in refusal(publish, version, people)


def test_a_draft_that_was_overtaken_says_so(draft, people):
    other = services.create_draft(content=content(), actor=people.officer, reason="另一份", at=AT)
    approved(draft, people)
    approved(other, people)
    publish(draft, people)
    assert "Revision 1 of that date was published without it" in refusal(publish, other, people)


def test_checks_that_others_register_stand_in_the_way(draft, people, hooks):
    found = Finding("x", BROKEN, "no", "病例不符", forbids=frozenset({PUBLISH}))
    approved(draft, people)
    hooks.register_check(lambda version, rows: [found])
    with pytest.raises(VersionRefused) as caught:
        publish(draft, people)
    assert caught.value.findings == [found]


def test_a_draft_from_a_file_counts_its_author_and_follows_what_applies(people):
    first = publish_by_command(loaded_draft(), at=LOADED_AT)
    later = content(effective_from=day("2025-01-01"))
    for data, name in ((write_xlsx(later), "a.xlsx"), (write_version(later).encode(), "a.yaml")):
        version = draft_from_file(data=data, name=name, actor=people.officer, reason="导入", at=AT)
        assert (version.based_on, version.loaded) == (first, False)
        assert version.edits.get().source == "file"
        assert rows_of(version) == rows.canonical(later)
