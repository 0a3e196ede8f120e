"""A small bureau with something of everything that its pages show: policies, parties, claims in every state."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

from django.contrib.auth.models import Group
from django.core.management import call_command

from claims.content import Content, ContentLine
from claims.models import AffectedNotice, Claim, Watch
from claims.selectors import waiting_shards
from claims.services.adjudication import drain
from claims.services.batches import receive
from claims.services.intake import submit
from claims.services.readjudication import readjudicate_notice
from claims.services.reversal import reverse
from claims.submission import Submission
from members.models import CarePeriod, DiseaseRegistration, FamilyLink, Institution, Member
from members.records import month_of
from members.services.care import record_care_period
from members.services.credits import credit_month
from members.services.imports import record_import
from members.services.keys import create_key
from members.services.logins import create_login
from policies.models import (
    AcceptanceCase,
    CatalogueItem,
    City,
    DaySurgeryStandard,
    DocumentFile,
    PolicyVersion,
    User,
    UserEvent,
    VersionComment,
    VersionEdit,
)
from policies.services.versions import draft_from
from tests.factories import InstitutionFactory, MemberFactory

AT = datetime(2024, 3, 1, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PASSWORD = "a long pass phrase"
CASE = """\
name: 起付标准补差
city: 220100
members:
  worker: {contribution_base: 6000.00}
claims:
  - {credit: 2024-05, member: worker, expect: {account_credit: 120.00}}
"""
FILE = b"%PDF-1.4"  # what the document's file says, where a test puts it there
YANTAI, ZHENJIANG, CHANGCHUN, KAIFENG = "370600", "321100", "220100", "410200"


@dataclass
class World:
    """What tests ask for by name."""

    clerk: User
    member: Member
    patient: Member
    hospital: Institution
    draft: PolicyVersion
    claims: dict[str, Claim] = field(default_factory=dict)


def build() -> World:
    """Everything, by the services that would make it."""
    call_command("load_policies", publish_assumed=True, verbosity=0)
    clerk = User.objects.create_superuser("clerk", password=PASSWORD, first_name="王芳")
    world = _parties(clerk)
    _catalogue()
    _first_claims(world)
    _drain()
    _afterwards(world)
    _send(world, world.hospital, [("YT-9", _content(world.member, [("A1", 1, 100_0000)], "2023-12-20"))])
    _batch(world)
    for claim in Claim.objects.all():
        world.claims[claim.claim_number] = claim
    return world


def _batch(world: World) -> None:
    """A file of which nothing could be taken."""
    rows = "申报号,人员编号,待遇类别,就诊日期,医保目录编码,数量,单价,金额\nYT-20,3.7E+17,普通门诊,2023/2/30,A1,1,1,1\n"
    receive(institution=world.hospital, file=BytesIO(rows.encode()), format="csv", at=AT, name="三月.csv")


def _parties(clerk: User) -> World:
    clinic = InstitutionFactory(
        code="H37060000001", name="烟台市芝罘区幸福社区卫生服务中心", city=YANTAI, level=1
    )
    hospital = InstitutionFactory(
        code="H37060000003", name="烟台市第一医院", city=YANTAI, level=3, kind="general", affiliation="city"
    )
    InstitutionFactory(
        code="H32110000001",
        name="镇江市第一人民医院",
        city=ZHENJIANG,
        level=3,
        kind="general",
        affiliation="city",
    )
    InstitutionFactory(
        code="H22010000001",
        name="长春市中心医院",
        city=CHANGCHUN,
        level=3,
        kind="general",
        affiliation="city",
    )
    member = MemberFactory(name="张伟", born=date(1980, 5, 1), balance=300000)
    patient = MemberFactory(
        name="李秀英",
        city=ZHENJIANG,
        born=date(1955, 2, 3),
        retired_on=date(2010, 3, 1),
        balance=120000,
        paid=None,
    )
    spouse = MemberFactory(
        name="李建国",
        city=ZHENJIANG,
        born=date(1953, 7, 9),
        retired_on=date(2008, 8, 1),
        balance=500000,
        paid=None,
    )
    MemberFactory(name="刘洋", city=CHANGCHUN, number="220100199001010011", id_number="", balance=20000)
    FamilyLink.objects.create(
        owner=spouse, user=patient, relation="spouse", position=1, consented_on=date(2022, 1, 1)
    )
    chronic = Member.objects.get(number="220100199001010011")
    DiseaseRegistration.objects.create(
        member=chronic, benefit="chronic", disease="E11", starts_on=date(2022, 6, 1)
    )
    CarePeriod.objects.create(
        member=chronic, kind="stay", starts_on=date(2023, 9, 10), ends_on=date(2023, 9, 24)
    )
    Watch.objects.create(institution=clinic, starts_on=date(2023, 11, 1), reason="单日就诊人次异常")
    create_key(institution=hospital, at=AT, actor=clerk, reason="首次接入")
    create_login(
        institution=hospital,
        username="hospital",
        password=PASSWORD,
        name="收费处",
        actor=clerk,
        reason="首次接入",
        at=AT,
    )
    version = PolicyVersion.objects.get(city=CHANGCHUN, effective_from=date(2024, 1, 1))
    draft = draft_from(version=version, actor=clerk, reason="按实施细则补充住院待遇", at=AT)
    for month in (1, 2, 3):
        credit_month(
            city=YANTAI, month=month_of(date(2023, month, 1)), on=date(2024, 3, 1), at=AT, actor=clerk
        )
    return World(clerk, member, patient, hospital, draft)


def _afterwards(world: World) -> None:
    """A reversal, the replay of what it touched, and a stay that became known and waits to be looked at."""
    clerk = world.clerk
    reverse(
        claim_id=world.claims["YT-2"].pk, institution=None, reason="重复收费", actor=clerk, at=AT + MINUTE
    )
    notice = AffectedNotice.objects.get()
    readjudicate_notice(notice=notice, reason="撤销后重算", actor=clerk, at=AT + 2 * MINUTE)
    record_care_period(
        member=world.member,
        kind="stay",
        starts_on=date(2023, 2, 27),
        ends_on=date(2023, 3, 3),
        actor=clerk,
        reason="补录住院信息",
    )
    DaySurgeryStandard.objects.create(
        version=world.draft, document=world.draft.document, clause="三(七)", disease="H25", amount=800000
    )
    Group.objects.create(name="经办人员")
    record_import(
        register="contributions",
        cities=[YANTAI, ZHENJIANG],
        name="缴费.csv",
        data=b"",
        source="page",
        actor=clerk,
        reason="按月导入",
        at=AT,
    )
    _around_versions(world)


def _around_versions(world: World) -> None:
    """What people leave behind around versions, documents and logins."""
    clerk = world.clerk
    version = PolicyVersion.objects.get(city=KAIFENG, effective_from=date(2023, 1, 1))
    draft = draft_from(
        version=version, actor=clerk, reason="2025 年度调整", at=AT, effective_from=date(2025, 1, 1)
    )
    VersionEdit.objects.create(
        version=draft, editor=clerk, editor_name="clerk", at=AT, reason="补充", source="page"
    )
    VersionComment.objects.create(
        version=draft,
        place="benefits.ordinary.terms.level 1.employed.rate",
        text="请核对条款",
        author=clerk,
        author_name="clerk",
        at=AT,
    )
    AcceptanceCase.objects.create(version=draft, name="起付标准补差", text=CASE, last_on=date(2024, 5, 1))
    DocumentFile.objects.create(
        document=draft.document,
        file="documents/draft.pdf",
        name="征求意见稿.pdf",
        media_type="application/pdf",
        size=len(FILE),
        sha256=hashlib.sha256(FILE).hexdigest(),
        uploaded_by=clerk,
        uploaded_by_name="clerk",
        at=AT,
    )
    UserEvent.objects.create(
        user=clerk, kind="roles", detail="claims clerk", actor_name="root", reason="到岗", at=AT
    )


def _catalogue() -> None:
    rows = [
        ("A1", "门诊诊查费", "service", "A", None, None),
        ("A2", "二甲双胍片", "drug", "A", None, None),
        ("B1", "阿托伐他汀钙片", "drug", "B", 1000, 250000),
        ("B2", "CT 平扫", "service", "B", 2000, None),
        ("C1", "营养补充剂", "drug", "C", None, None),
        ("B9", "新增乙类药", "drug", "B", None, None),
    ]
    for city in City.objects.all():
        CatalogueItem.objects.bulk_create(
            CatalogueItem(
                city=city,
                code=code,
                name=name,
                kind=kind,
                item_class=item_class,
                upfront=upfront,
                ceiling=ceiling,
                valid_from=date(2022, 1, 1),
            )
            for code, name, kind, item_class, upfront, ceiling in rows
        )


def _content(member, lines, day=None, benefit="ordinary", **more) -> Content:
    names = dict(CatalogueItem.objects.filter(city=YANTAI).values_list("code", "name"))
    return Content(
        member_number=member if isinstance(member, str) else member.number,
        benefit=benefit,
        service_date=day and date.fromisoformat(day),
        lines=tuple(
            ContentLine(code, names.get(code, ""), quantity * 10_000, price, quantity * price // 100)
            for code, quantity, price in lines
        ),
        **more,
    )


def _send(world: World, institution: Institution, claims) -> None:
    submit(
        institution=institution,
        claims=[Submission(number, content) for number, content in claims],
        at=AT,
    )
    for claim in Claim.objects.filter(claim_number__in=[number for number, _content in claims]):
        world.claims[claim.claim_number] = claim


def long_claim(world: World) -> Claim:
    """A stay with more lines than fit on paper, and with everything that a settlement can have."""
    zhenjiang = Institution.objects.get(code="H32110000001")
    codes = ["A1", "A2", "B1", "B2", "C1"] * 7
    lines = [(code, 3, 30_0000 + 7_0000 * number) for number, code in enumerate(codes)]
    stay = {"admitted_on": date(2023, 10, 1), "discharged_on": date(2023, 10, 9), "use_account": True}
    _send(world, zhenjiang, [("ZJ-9", _content(world.patient, lines, None, "inpatient", **stay))])
    _drain()
    return Claim.objects.get(claim_number="ZJ-9")


def _drain() -> None:
    for shard in waiting_shards():
        drain(shard, clock=lambda: AT)


def _first_claims(world: World) -> None:
    member, patient, hospital = world.member, world.patient, world.hospital
    clinic = Institution.objects.get(code="H37060000001")
    zhenjiang = Institution.objects.get(code="H32110000001")
    changchun = Institution.objects.get(code="H22010000001")
    other = "220100199001010011"
    mixed = [
        ("A1", 1, 500_0000),
        ("A2", 10, 33_5000),
        ("B1", 6, 28_0000),
        ("B2", 1, 360_0000),
        ("C1", 2, 45_0000),
    ]
    _send(
        world,
        hospital,
        [
            ("YT-1", _content(member, mixed, "2023-03-01", use_account=True)),
            ("YT-2", _content(member, [("A2", 30, 120_0000)], "2023-05-11", disease="I10")),
            ("YT-3", _content(member, [("A2", 2, 300_0000)], "2023-06-02")),
            ("YT-4", _content(member, [("A1", 1, 90_0000)], "2030-01-01")),
            ("YT-5", _content("370600199909099999", [("A1", 1, 90_0000)], "2023-06-02")),
            ("YT-6", _content(member, [("B9", 1, 60_0000)], "2023-07-02")),
        ],
    )
    _send(world, clinic, [("ZF-1", _content(member, [("A2", 3, 40_0000)], "2023-11-05"))])
    stay = {"admitted_on": date(2023, 4, 2), "discharged_on": date(2023, 4, 20), "use_account": True}
    _send(
        world,
        zhenjiang,
        [
            ("ZJ-1", _content(patient, [("A2", 100, 3000_0000), *mixed], None, "inpatient", **stay)),
            (
                "ZJ-2",
                _content(patient, [("A1", 1, 80_0000), ("A2", 10, 900_0000)], "2023-08-20", use_account=True),
            ),
        ],
    )
    _send(
        world,
        changchun,
        [
            (
                "CC-1",
                _content(other, [("A2", 10, 120_0000)], "2023-02-03", disease="E11.9", use_account=True),
            ),
            ("CC-2", _content(other, [("A1", 1, 300_0000)], "2023-02-20")),
            (
                "CC-3",
                _content(
                    other,
                    [("A1", 1, 9000_0000)],
                    None,
                    "inpatient",
                    admitted_on=date(2023, 9, 10),
                    discharged_on=date(2023, 9, 24),
                ),
            ),
            (
                "CC-4",
                _content(other, [("A1", 1, 700_0000)], "2023-09-10", "emergency", disposition="admitted"),
            ),
            ("CC-5", _content(other, [("A1", 1, 200_0000)], "2023-09-15")),
            ("CC-6", _content(other, [("A1", 1, 200_0000)], "2022-02-20")),
        ],
    )
