"""Members, institutions and their keys through the admin; a member's year."""

from datetime import date

from django.urls import reverse

from claims.views.year import member_year
from members.models import AccountEntry, CarePeriod, Contribution, Enrolment, InstitutionKey, Member
from members.services.keys import authenticate
from tests.admin.world import AT


def test_a_years_gauges_agree_with_the_settlements(world, db):
    shown = member_year(world.member, 2023, date(2024, 3, 1), "zh")
    gauges = {gauge.label: gauge for gauge in shown["gauges"]}
    deductible = gauges["起付标准 · 普通门诊"]
    assert (deductible.used, deductible.total, deductible.left) == ("800.00", "800.00", "0.00")
    assert [mark.label.split(" · ")[0] for mark in deductible.marks] == ["500", "800"]
    limit = gauges["普通门诊 · 支付限额 · 年度"]
    settled = [item.settlement.pooled_fund for item in shown["claims"] if item.claim.status == "settled"]
    assert limit.used == f"{sum(settled) / 100:,.2f}"


def test_a_limit_that_is_not_set_is_no_zero(office, world):
    member = Member.objects.get(number="220100199001010011")
    text = office.get(reverse("admin:claims_member_year", args=[member.pk, 2023])).content.decode()
    assert "未规定 · 待 职工医保统筹基金年度最高支付限额规定" in text


def test_a_years_months_say_how_each_was_paid(world, db):
    Contribution.objects.create(
        member=world.member,
        city_id="370600",
        month=date(2023, 5, 1),
        employment="employee",
        base=500000,
        paid_on=date(2023, 9, 1),
        recorded_at=AT,
    )
    Contribution.objects.create(
        member=world.member,
        city_id="370600",
        month=date(2023, 6, 1),
        employment="employee",
        base=500000,
        paid_on=None,
        recorded_at=AT,
    )
    months = member_year(world.member, 2023, date(2024, 3, 1), "zh")["months"]
    assert [month.state for month in months[3:7]] == ["paid", "late", "unpaid", "paid"]


def test_a_year_lists_claims_in_order_and_stays_on_the_line(world, db):
    shown = member_year(world.member, 2023, date(2024, 3, 1), "zh")
    numbers = [item.claim.claim_number for item in shown["claims"]]
    assert numbers == ["YT-1", "YT-2", "YT-3", "YT-6", "ZF-1", "YT-9"]
    assert [bar.kind for bar in shown["bars"]] == ["stay"]


def test_a_change_of_a_member_needs_a_reason_and_is_kept_with_it(office, world):
    member = world.member
    address = reverse("admin:members_member_change", args=[member.pk])
    sent = {"name": "张大伟", "born": "1980-05-01", "surplus_years": "3", "own_monthly_credit": "12.50"}
    sent |= inline_management(office.get(address))
    response = office.post(address, sent)
    assert "change_reason" in response.context["adminform"].form.errors
    office.post(address, {**sent, "change_reason": "姓名更正"})
    member.refresh_from_db()
    assert (member.name, member.surplus_years, member.own_monthly_credit) == ("张大伟", 3, 1250)
    assert member.history.first().history_change_reason == "姓名更正"
    assert member.history.first().history_user == world.clerk


def inline_management(response) -> dict:
    """The management forms of a page's inlines, as the browser would send them back."""
    sent = {}
    for formset in response.context["inline_admin_formsets"]:
        for field in formset.formset.management_form:
            sent[field.html_name] = field.value()
    return sent


def test_what_a_service_refuses_stands_on_the_form_and_nothing_is_stored(office, world):
    address = reverse("admin:members_enrolment_add")
    sent = {
        "member": world.member.pk,
        "city": "370600",
        "employment": "employee",
        "plan": "combined",
        "starts_on": "2023-01-01",
        "change_reason": "重复参保",
    }
    response = office.post(address, sent)
    assert "请先终止至前一日" in response.content.decode()
    assert Enrolment.objects.filter(member=world.member).count() == 1


def test_a_period_once_there_only_moves_its_end(office, world):
    stay = CarePeriod.objects.get(member=world.member)
    address = reverse("admin:members_careperiod_change", args=[stay.pk])
    office.post(
        address, {"starts_on": "2020-01-01", "ends_on": "2023-03-08", "change_reason": "出院日期更正"}
    )
    stay.refresh_from_db()
    assert (stay.starts_on, stay.ends_on) == (date(2023, 2, 27), date(2023, 3, 8))


def test_a_correction_is_an_entry_of_its_own(office, world):
    address = reverse("admin:members_accountentry_add")
    sent = {
        "member_number": world.patient.number,
        "amount": "-1,000.00",
        "on": "2024-03-01",
        "reason": "误计",
    }
    response = office.post(address, {**sent, "amount": "-999999999"})
    assert "账户余额" in response.content.decode()
    before = AccountEntry.objects.count()
    office.post(address, {**sent, "amount": "12.34"})
    entry = AccountEntry.objects.latest("id")
    assert (AccountEntry.objects.count(), entry.amount, entry.reason) == (before + 1, 1234, "误计")


def test_facts_offer_no_way_to_change_them(office, world):
    entry = AccountEntry.objects.first()
    address = reverse("admin:members_accountentry_change", args=[entry.pk])
    assert office.post(address, {"amount": "1"}).status_code == 403
    assert office.post(reverse("admin:members_accountentry_delete", args=[entry.pk])).status_code == 403
    assert 'name="_save"' not in office.get(address).content.decode()


def test_a_secret_is_shown_once_and_works(office, world):
    address = reverse("admin:members_institution_new_key", args=[world.hospital.pk])
    response = office.post(address, {"reason": "第二套系统"})
    secret = response.context["secret"]
    assert authenticate(secret, at=AT) == world.hospital
    assert "no-store" in response.headers["Cache-Control"]
    again = office.get(reverse("admin:members_institution_api_keys", args=[world.hospital.pk]))
    assert secret not in again.content.decode()


def test_a_third_key_is_refused_and_a_revoked_one_stops(office, world):
    create = reverse("admin:members_institution_new_key", args=[world.hospital.pk])
    secret = office.post(create, {"reason": "a"}).context["secret"]
    assert "已有两个有效密钥" in office.post(create, {"reason": "b"}).content.decode()
    key = InstitutionKey.objects.latest("id")
    revoke = reverse("admin:members_institution_revoke_key", args=[world.hospital.pk, key.pk])
    assert office.post(revoke, {"reason": ""}).context["keys"][0]["revoke"].errors
    office.post(revoke, {"reason": "泄露"})
    assert authenticate(secret, at=AT) is None


def test_a_rotated_key_makes_way_for_a_new_one(office, world):
    key = InstitutionKey.objects.get(institution=world.hospital)
    rotate = reverse("admin:members_institution_rotate_key", args=[world.hospital.pk, key.pk])
    secret = office.post(rotate, {"reason": "例行更换"}).context["secret"]
    assert authenticate(secret, at=AT) == world.hospital
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_a_key_of_another_institution_is_not_found(office, world):
    key = InstitutionKey.objects.get(institution=world.hospital)
    other = world.claims["ZF-1"].institution_id
    address = reverse("admin:members_institution_revoke_key", args=[other, key.pk])
    assert office.post(address, {"reason": "x"}).status_code == 404


def test_a_register_is_imported_and_its_faults_are_told_by_line(office, world):
    from django.core.files.uploadedfile import SimpleUploadedFile

    rows = "人员编号,统筹地区,月份,缴费基数,缴费日期\n" + "".join(
        f"{number},370600,2025-01,5000.00,2025-01-05\n" for number in (world.member.number, "NOBODY1")
    )
    file = SimpleUploadedFile("缴费.csv", rows.encode())
    address = reverse("admin:members_member_import_register")
    outcome = office.post(address, {"register": "contributions", "file": file}).context["outcome"]
    assert (outcome["total"], outcome["created"], outcome["bad"]) == (2, 1, 1)
    assert outcome["faults"][0].line == 3
