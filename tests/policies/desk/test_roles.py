"""Roles, cities, and people: who may do what where; nobody is ever deleted."""

from datetime import date

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, transaction

from claims.models import AffectedNotice, Claim, Settlement
from members.models import Member
from policies import access
from policies.access import in_scope, may, sees
from policies.models import City, FrameworkBound, PolicyDocument, PolicyVersion, Tier, User, UserEvent
from policies.services.people import create_user, set_active, set_roles
from tests.factories import InstitutionFactory, MemberFactory
from tests.policies.build import CHANGCHUN, KAIFENG, YANTAI, content
from tests.policies.build import draft as loaded_draft
from tests.policies.desk.people import AT, hire, someone

# permission → the roles that have it
RIGHTS = {
    access.VIEW_VERSIONS: "officer reviewer publisher clerk manager auditor",
    access.MAKE_DRAFTS: "officer",
    access.EDIT_DRAFTS: "officer",
    access.SUBMIT: "officer",
    access.REVIEW: "reviewer",
    access.PUBLISH: "publisher",
    access.COMMENT: "officer reviewer publisher",
    access.VIEW_DOCUMENTS: "officer reviewer publisher clerk manager auditor",
    access.EDIT_DOCUMENTS: "officer",
    access.EXPORT_HISTORY: "manager auditor",
    access.MANAGE_USERS: "administrator",
    access.MANAGE_KEYS: "administrator",
    "members.view_member": "clerk manager auditor",
    "members.change_member": "clerk",
    "members.view_institution": "officer reviewer publisher clerk manager auditor administrator",
    "claims.view_settlement": "clerk manager auditor",
    "claims.change_claim": "clerk",
    "claims.add_readjudicationrun": "clerk",
    "policies.view_user": "manager auditor administrator",
}


@pytest.fixture
def staff(register):
    people = hire()
    people.administrator = someone(access.ADMINISTRATOR, "administrator")
    return people


@pytest.mark.parametrize("permission", RIGHTS)
def test_each_right_belongs_to_its_roles_and_to_no_other(permission, staff):
    holders = {name for name, user in vars(staff).items() if may(user, permission, YANTAI)}
    assert holders == set(RIGHTS[permission].split())


def test_there_is_a_group_for_each_role_by_migration(db):
    assert set(Group.objects.values_list("name", flat=True)) == set(access.ROLES)
    assert all(group.permissions.exists() for group in Group.objects.all())


@pytest.mark.parametrize("role", [access.MANAGER, access.AUDITOR])
def test_who_reads_all_changes_nothing(role, staff):
    held = Group.objects.get(name=role).permissions.values_list("codename", flat=True)
    assert {codename for codename in held if not codename.startswith("view_")} <= {"export_history"}
    models = {
        model._meta.model_name
        for label in ("policies", "members", "claims")
        for model in apps.get_app_config(label).get_models()
        if model in access.scoped_models()
    }
    unseen = models - {codename.removeprefix("view_") for codename in held}
    assert unseen == set()


def test_the_administrator_sees_neither_policies_nor_claims(staff):
    held = Group.objects.get(name=access.ADMINISTRATOR).permissions
    codenames = set(held.values_list("content_type__app_label", "codename"))
    assert codenames == {
        ("policies", "view_user"),
        ("policies", "add_user"),
        ("policies", "change_user"),
        ("policies", "view_userevent"),
        ("policies", "view_city"),
        ("members", "view_institution"),
        ("members", "view_institutionkey"),
        ("members", "add_institutionkey"),
        ("members", "change_institutionkey"),
        ("members", "view_institutionlogin"),
        ("members", "add_institutionlogin"),
    }


def test_nobody_has_a_right_to_delete_but_rows_of_drafts(db):
    held = {
        codename
        for group in Group.objects.all()
        for codename in group.permissions.values_list("codename", flat=True)
        if codename.startswith("delete_")
    }
    assert "delete_user" not in held
    assert "delete_policyversion" not in held
    assert {codename.removeprefix("delete_") for codename in held} == {
        model._meta.model_name for model in (*_rows(), apps.get_model("policies", "AcceptanceCase"))
    }


def _rows():
    from policies.desk import ROW_MODELS

    return ROW_MODELS


# --- Cities ---------------------------------------------------------------------------------------


def test_a_right_holds_in_ones_own_cities_only(staff):
    assert may(staff.officer, access.EDIT_DRAFTS, YANTAI)
    assert may(staff.officer, access.EDIT_DRAFTS, City.objects.get(pk=YANTAI))
    assert not may(staff.officer, access.EDIT_DRAFTS, KAIFENG)
    assert may(staff.officer, access.EDIT_DRAFTS)


def test_an_inactive_user_may_nothing_and_a_superuser_everything(staff):
    staff.officer.is_active = False
    assert not may(staff.officer, access.VIEW_VERSIONS, YANTAI)
    root = User.objects.create(username="root", is_superuser=True)
    assert may(root, access.PUBLISH, KAIFENG)
    assert access.cities_of(root) is None
    assert sees(root, loaded_draft())


def test_someone_without_cities_sees_nothing_of_any_city(register):
    nobody = User.objects.create(username="new", is_staff=True)
    loaded_draft()
    assert not in_scope(PolicyVersion.objects.all(), nobody).exists()
    assert not in_scope(City.objects.all(), nobody).exists()


def test_every_model_says_to_which_cities_its_rows_belong():
    """A new model without a scope fails here."""
    ours = {
        model
        for label in ("policies", "members", "claims")
        for model in apps.get_app_config(label).get_models()
        if not model.__name__.startswith("Historical")
    }
    assert ours == access.scoped_models() & ours
    with pytest.raises(access.UnscopedModel):
        in_scope(apps.get_model("admin", "LogEntry").objects.all(), User(pk=1, is_superuser=True))


@pytest.mark.parametrize("model", sorted(access.scoped_models(), key=lambda m: m._meta.label))
def test_every_scope_is_a_query_that_the_database_answers(model, staff):
    assert in_scope(model._default_manager.all(), staff.officer).count() >= 0


def test_versions_rows_and_documents_are_those_of_ones_cities(staff):
    mine, other = loaded_draft(), loaded_draft(content(KAIFENG, "2023-01-01"))
    assert list(in_scope(PolicyVersion.objects.all(), staff.officer)) == [mine]
    assert sees(staff.officer, mine)
    assert not sees(staff.officer, other)
    assert {tier.version_id for tier in in_scope(Tier.objects.all(), staff.officer)} == {mine.pk}
    seen = set(in_scope(PolicyDocument.objects.all(), staff.officer).values_list("number", flat=True))
    assert {"烟政办发〔2022〕17号", "国办发〔2021〕14号"} <= seen
    assert "汴政办〔2022〕33号" not in seen


def test_a_provinces_frameworks_are_seen_in_its_cities(staff):
    province = City.objects.create(code="370000", name="山东省")
    document = PolicyDocument.objects.create(number="鲁发1号", kind="framework", city=province)
    bound = FrameworkBound.objects.create(city=province, document=document, rule="retired_tilt")
    kaifeng = someone(access.OFFICER, "kaifeng", KAIFENG)
    assert [sees(staff.officer, row) for row in (province, document, bound)] == [True, True, True]
    assert [sees(kaifeng, row) for row in (province, document, bound)] == [False, False, False]
    assert not may(staff.officer, "policies.change_frameworkbound", province)


def test_members_and_institutions_are_those_of_ones_cities_each_once(staff):
    here, there = MemberFactory(), MemberFactory(city=KAIFENG)
    moved = MemberFactory(insured_to=date(2020, 12, 31))
    moved.enrolments.create(city_id=KAIFENG, starts_on=date(2021, 1, 1))
    assert set(in_scope(Member.objects.all(), staff.clerk)) == {here, moved}
    assert in_scope(Member.objects.all(), staff.clerk).count() == 2
    assert not sees(staff.clerk, there)
    assert sees(staff.clerk, InstitutionFactory())
    assert not sees(staff.clerk, InstitutionFactory(city=CHANGCHUN))


def test_a_claim_belongs_to_the_city_that_pays_and_to_the_institutions(staff):
    ours, theirs = InstitutionFactory(), InstitutionFactory(city=KAIFENG)

    def claim(number, institution, city):
        return Claim.objects.create(
            seq=number, institution=institution, claim_number=str(number), member_number="1", shard=0,
            benefit="ordinary", total=0, content="{}", received_at=AT, received_on=AT.date(), city=city,
        )  # fmt: skip

    seen = [claim(1, ours, ""), claim(2, theirs, YANTAI), claim(3, ours, KAIFENG)]
    claim(4, theirs, "")
    claim(5, theirs, KAIFENG)
    assert set(in_scope(Claim.objects.all(), staff.clerk)) == set(seen)
    assert in_scope(Settlement.objects.all(), staff.clerk).count() == 0


def test_a_notice_belongs_to_its_city_member_or_institution(staff):
    common = {
        "kind": "fact",
        "since": date(2023, 1, 1),
        "until": date(2023, 12, 31),
        "settlements": 1,
        "at": AT,
    }
    member, stranger = MemberFactory(), MemberFactory(city=KAIFENG)
    institution = InstitutionFactory()
    seen = [
        AffectedNotice.objects.create(cause="a", city=YANTAI, **common),
        AffectedNotice.objects.create(cause="b", member_id=member.pk, **common),
        AffectedNotice.objects.create(cause="c", institution_id=institution.pk, **common),
    ]
    AffectedNotice.objects.create(cause="d", city=KAIFENG, **common)
    AffectedNotice.objects.create(cause="e", member_id=stranger.pk, **common)
    assert set(in_scope(AffectedNotice.objects.all(), staff.clerk)) == set(seen)


# --- People ---------------------------------------------------------------------------------------


@pytest.fixture
def administrator(staff):
    return staff.administrator


def test_a_user_is_made_given_roles_and_cities_and_deactivated_with_reasons(staff, administrator):
    common = {"actor": administrator, "reason": "入职", "at": AT}
    user = create_user(username="wangfang", password="an unusual pass phrase", name="王芳", **common)
    set_roles(user=user, roles=[access.OFFICER], cities=[YANTAI, KAIFENG], **common)
    set_roles(user=user, roles=[access.REVIEWER], cities=[YANTAI], **common)
    set_active(user=user, active=False, actor=administrator, reason="离职", at=AT)
    user = User.objects.get(pk=user.pk)
    assert (user.is_active, [g.name for g in user.groups.all()], [c.pk for c in user.cities.all()]) == (
        False,
        [access.REVIEWER],
        [YANTAI],
    )
    told = [(event.kind, event.detail, event.reason) for event in user.events.all()]
    assert told == [
        ("created", "", "入职"),
        ("roles", "+ policy officer", "入职"),
        ("cities", "+ 开封市, + 烟台市", "入职"),
        ("roles", "+ policy reviewer, − policy officer", "入职"),
        ("cities", "− 开封市", "入职"),
        ("deactivated", "", "离职"),
    ]
    assert {event.actor for event in user.events.all()} == {administrator}


def test_what_changes_nothing_leaves_no_event(staff, administrator):
    set_active(user=staff.officer, active=True, actor=administrator, reason="x", at=AT)
    set_roles(
        user=staff.officer, roles=[access.OFFICER], cities=[YANTAI], actor=administrator, reason="x", at=AT
    )
    assert not staff.officer.events.exists()


def test_nobody_changes_his_own_rights_or_locks_himself_out(administrator):
    common = {"actor": administrator, "user": administrator, "reason": "x", "at": AT}
    with pytest.raises(ValidationError):
        set_roles(roles=[access.PUBLISHER], cities=[YANTAI], **common)
    with pytest.raises(ValidationError):
        set_active(active=False, **common)


REFUSED = [
    (lambda a, u: set_active(user=u, active=False, actor=a, reason=" ", at=AT), "A reason is needed"),
    (
        lambda a, u: set_roles(user=u, roles=["king"], cities=[], actor=a, reason="x", at=AT),
        "Unknown role: king",
    ),
    (lambda a, u: set_roles(user=u, roles=[], cities=["9"], actor=a, reason="x", at=AT), "Unknown city: 9"),
    (
        lambda a, u: create_user(username="b", password="12345", name="", actor=a, reason="x", at=AT),
        "password",
    ),
    (
        lambda a, u: create_user(
            username=u.username, password="an unusual pass phrase", name="", actor=a, reason="x", at=AT
        ),
        "already exists",
    ),
]


@pytest.mark.parametrize(("action", "said"), REFUSED)
def test_what_makes_no_sense_is_refused(action, said, staff, administrator):
    with pytest.raises(ValidationError, match=said):
        action(administrator, staff.officer)


def test_the_database_deletes_nobody(staff):
    for action in (
        staff.manager.delete,
        lambda: User.objects.filter(username="manager")._raw_delete("default"),
    ):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            action()
    assert User.objects.filter(username="manager").exists()


def test_what_was_done_to_a_user_stays(staff, administrator):
    set_active(user=staff.officer, active=False, actor=administrator, reason="x", at=AT)
    for action in (lambda: UserEvent.objects.update(reason="y"), UserEvent.objects.all().delete):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            action()
