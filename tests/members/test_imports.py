"""Registers from CSV files: repeatable, with history; a bad row keeps no good one out."""

import csv
import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from members.importing.contributions import import_contributions, read_contributions
from members.importing.institutions import import_institutions, read_institutions
from members.importing.members import import_members, read_members
from members.models import (
    AccountEntry,
    Agreement,
    Contribution,
    Designation,
    Enrolment,
    Institution,
    InstitutionStanding,
    Member,
)
from members.registry import Fact
from policies.csv_import import FileError
from tests.factories import CityFactory, MemberFactory, UserFactory, id_number
from tests.members.conftest import AT, ON, REASON

pytestmark = pytest.mark.django_db
BORN = date(1980, 5, 1)
ZHANG, LI, WANG = (id_number(BORN, n) for n in (901, 902, 903))


@pytest.fixture(autouse=True)
def cities():
    CityFactory(), CityFactory(code="410200")


def table(header: str, *rows: str, encoding="utf-8") -> bytes:
    return "\n".join([header, *rows, ""]).encode(encoding)


def faults(read):
    return [(fault.line, fault.column, fault.code) for fault in sorted(read.faults, key=lambda f: f.line)]


class TestMembers:
    header = "member number,name,city,insured from"

    def put(self, *rows, header=None, encoding="utf-8", actor=None):
        read = read_members(table(header or self.header, *rows, encoding=encoding))
        return read, import_members(read=read, on=ON, at=AT, actor=actor, reason=REASON)

    def test_a_member_comes_with_enrolment_account_and_history(self):
        clerk = UserFactory()
        read, result = self.put(f"{ZHANG},张三,370600,2020-01-01", actor=clerk)
        assert (read.faults, result.created, result.updated) == ([], 1, 0)
        member = Member.objects.get()
        assert (member.number, member.name, member.born) == (ZHANG, "张三", BORN)
        enrolment = member.enrolments.get()
        assert (enrolment.city_id, enrolment.employment, enrolment.plan) == ("370600", "employee", "combined")
        assert member.account.balance == 0
        for record in (member.history.get(), enrolment.history.get()):
            assert (record.history_user, record.history_change_reason) == (clerk, REASON)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
    def test_headers_and_values_may_be_chinese(self, encoding):
        read, _result = self.put(
            f"{ZHANG},{ZHANG},张三,1980-05-01,2040-05-01,开封,灵活就业,单建统筹,2020-01-01,,1234.50",
            f"{LI},,李四,,,410200,职工,,2020-01-01,2023-06-30,",
            header="人员编号,证件号码,姓名,出生日期,退休日期,统筹地区,就业类型,参保模式,参保日期,参保终止日期,余额",
            encoding=encoding,
        )
        assert faults(read) == [(2, "city", "unknown_city")]
        enrolment = Enrolment.objects.get()
        assert (enrolment.member.name, enrolment.ends_on) == ("李四", date(2023, 6, 30))

    def test_all_columns_are_kept(self):
        header = (
            "member number,ID number,name,born,retired on,died on,own monthly credit,surplus years,city,"
            "employment,plan,insured from,insured to,opening balance,balance on"
        )
        row = f"P1,{ZHANG},张三,,2010-05-01,2024-01-02,87.65,4,370600,flexible,pooled_only,2000-01-01,,12.30,2024-01-01"
        read, _result = self.put(row, header=header)
        assert read.faults == []
        member = Member.objects.get()
        assert (member.number, member.id_number, member.born) == ("P1", ZHANG, BORN)
        assert (member.retired_on, member.died_on) == (date(2010, 5, 1), date(2024, 1, 2))
        assert (member.own_monthly_credit, member.surplus_years) == (8765, 4)
        enrolment = member.enrolments.get()
        assert (enrolment.employment, enrolment.plan) == ("flexible", "pooled_only")
        entry = member.account.entries.get()
        assert (entry.cause, entry.amount, entry.on) == (AccountEntry.Cause.OPENING, 1230, date(2024, 1, 1))
        assert member.account.balance == 1230

    def test_the_same_file_again_changes_nothing(self):
        header = f"{self.header},opening balance"
        row = f"{ZHANG},张三,370600,2020-01-01,12.30"
        self.put(row, header=header)
        read, result = self.put(row, header=header)
        assert (read.faults, result.created, result.updated) == ([], 0, 0)
        assert Member.history.count() == Enrolment.history.count() == AccountEntry.objects.count() == 1

    def test_what_differs_is_updated_with_history_and_told(self, heard):
        self.put(f"{ZHANG},张三,370600,2020-01-01")
        _read, result = self.put(
            f"{ZHANG},张三丰,370600,2020-01-01,2030-05-01", header=f"{self.header},retired on"
        )
        assert (result.created, result.updated) == (0, 1)
        member = Member.objects.get()
        assert (member.name, member.retired_on) == ("张三丰", date(2030, 5, 1))
        assert member.history.count() == 2
        assert [(c.fact, c.since, c.until) for c in heard] == [(Fact.RETIREMENT, date(2030, 5, 1), None)]

    def test_a_corrected_enrolment_is_told_for_the_days_that_differ(self, heard):
        header = f"{self.header},employment,insured to"
        self.put(f"{ZHANG},张三,370600,2020-01-01,employee,", header=header)
        for cells in ("employee,2023-06-30", "employee,2023-08-31", "flexible,2023-08-31"):
            _read, result = self.put(f"{ZHANG},张三,370600,2020-01-01,{cells}", header=header)
            assert result.updated == 1
        assert [(c.fact, c.since, c.until) for c in heard] == [
            (Fact.ENROLMENT, date(2023, 7, 1), None),
            (Fact.ENROLMENT, date(2023, 7, 1), date(2023, 8, 31)),
            (Fact.ENROLMENT, date(2020, 1, 1), date(2023, 8, 31)),
        ]
        assert Enrolment.history.count() == 4
        assert Enrolment.history.first().employment == "flexible"

    def test_a_corrected_birth_and_death_are_told(self, heard):
        header = f"{self.header},born,died on"
        self.put("P1,张三,370600,2020-01-01,1980-05-01,2024-01-05", header=header)
        self.put("P1,张三,370600,2020-01-01,1979-05-01,2024-01-03", header=header)
        assert [(c.fact, c.since, c.until) for c in heard] == [
            (Fact.DEATH, date(2024, 1, 3), date(2024, 1, 4)),
            (Fact.PERSON, date(1980, 5, 1), None),
        ]

    def test_an_empty_cell_leaves_what_is_on_record(self):
        header = f"{self.header},retired on,insured to"
        self.put(f"{ZHANG},张三,370600,2020-01-01,2030-05-01,2040-01-01", header=header)
        _read, result = self.put(f"{ZHANG},张三,370600,2020-01-01,,", header=header)
        assert result.updated == 0
        assert Member.objects.get().retired_on == date(2030, 5, 1)
        assert Enrolment.objects.get().ends_on == date(2040, 1, 1)

    def test_a_later_enrolment_ends_the_one_before(self, heard):
        self.put(f"{ZHANG},张三,370600,2020-01-01")
        self.put(f"{ZHANG},张三,410200,2023-05-01")
        rows = Enrolment.objects.values_list("city_id", "starts_on", "ends_on")
        assert list(rows) == [
            ("370600", date(2020, 1, 1), date(2023, 4, 30)),
            ("410200", date(2023, 5, 1), None),
        ]
        assert [(c.fact, c.since, c.until) for c in heard] == [(Fact.ENROLMENT, date(2023, 5, 1), None)]

    def test_cover_that_overlaps_is_reported_and_the_member_left_alone(self):
        header = f"{self.header},insured to"
        self.put(f"{ZHANG},张三,370600,2020-01-01,2023-06-30", header=header)
        read, result = self.put(
            f"{ZHANG},张三丰,410200,2023-05-01,", f"{LI},李四,410200,2023-05-01,", header=header
        )
        assert faults(read) == [(2, "insured from", "overlap")]
        assert (result.created, result.updated) == (1, 0)
        assert Member.objects.get(number=ZHANG).name == "张三"

    def test_a_balance_after_movements_is_reported(self):
        member = MemberFactory(balance=100)
        read, _result = self.put(
            f"{member.number},{member.name},370600,2015-01-01,12.30", header=f"{self.header},opening balance"
        )
        assert faults(read) == [(2, "opening balance", "opened")]
        assert member.account.balance == 100

    @pytest.mark.parametrize(
        ("row", "column", "code"),
        [
            ("3.7060019800501E+17,张三,370600,2020-01-01", "member number", "mangled"),
            ("370600198005010000.0,张三,370600,2020-01-01", "member number", "mangled"),
            ("370600198005019000,张三,370600,2020-01-01", "member number", "id_check"),
            ("张三,张三,370600,2020-01-01", "member number", "number_form"),
            (f"{LI},,370600,2020-01-01", "name", "required"),
            (f"{LI},李四,370600,2020/01/01", "insured from", "not_a_date"),
            (f"{LI},李四,370600,2020-02-30", "insured from", "not_a_date"),
            ("P7,李四,370600,2020-01-01", "born", "required"),
            (f"{ZHANG},张三,370600,2020-01-01", "member number", "duplicate"),
        ],
    )
    def test_a_bad_row_is_reported_with_its_line_and_keeps_no_good_one_out(self, row, column, code):
        read, result = self.put(f"{ZHANG},张三,370600,2020-01-01", row, f"{WANG},王五,370600,2020-01-01")
        assert faults(read) == [(3, column, code)]
        assert result.created == 2

    @pytest.mark.parametrize(
        ("header", "value", "column", "code"),
        [
            ("born", "1980-05-02", "born", "born_mismatch"),
            ("died on", "1979-01-01", "died on", "before_birth"),
            ("retired on", "1979-01-01", "retired on", "before_birth"),
            ("insured to", "2019-12-31", "insured to", "reversed"),
            ("opening balance", "12.345", "opening balance", "not_an_amount"),
            ("opening balance", "-1", "opening balance", "not_an_amount"),
            ("surplus years", "1.5", "surplus years", "not_years"),
            ("employment", "farmer", "employment", "unknown_value"),
            ("ID number", "370600198005010000", "ID number", "id_check"),
            ("ID number", "3.706E+17", "ID number", "mangled"),
        ],
    )
    def test_other_columns_are_checked(self, header, value, column, code):
        read, result = self.put(f"{ZHANG},张三,370600,2020-01-01,{value}", header=f"{self.header},{header}")
        assert faults(read) == [(2, column, code)]
        assert result.created == 0

    def test_a_report_does_not_show_whole_numbers(self):
        read, _result = self.put(f"{ZHANG},张三,370600,2020-01-01", f"{ZHANG},张三,370600,2020-01-01")
        assert read.faults[0].value == f"{ZHANG[:4]}**********{ZHANG[-4:]}"

    def test_numbers_are_stored_in_capitals(self):
        number = next(n for n in (id_number(BORN, i) for i in range(100)) if n.endswith("X"))
        self.put(f"{number.lower()},张三,370600,2020-01-01")
        assert Member.objects.get().number == number

    def test_an_unknown_header_refuses_the_file(self):
        with pytest.raises(FileError):
            read_members(table(f"{self.header},mother", f"{ZHANG},张三,370600,2020-01-01,x"))


class TestInstitutions:
    header = "institution code,name,city,level,kind,affiliation,agreement from,agreement to,benefits"
    row = "H37060000001,一院,370600,3,general,city,2022-01-01,,ordinary;inpatient"

    def put(self, *rows, header=None):
        read = read_institutions(table(header or self.header, *rows))
        return read, import_institutions(read=read, at=AT, actor=None, reason=REASON)

    def test_an_institution_comes_with_standing_agreement_and_designations(self):
        read, result = self.put(self.row)
        assert (read.faults, result.created) == ([], 1)
        institution = Institution.objects.get()
        standing = institution.standings.get()
        assert (standing.level, standing.kind, standing.affiliation) == (3, "general", "city")
        assert standing.starts_on == institution.agreements.get().starts_on == date(2022, 1, 1)
        designated = institution.designations.values_list("benefit", "starts_on")
        assert set(designated) == {("ordinary", date(2022, 1, 1)), ("inpatient", date(2022, 1, 1))}
        for model in (Institution, InstitutionStanding, Agreement, Designation):
            assert {h.history_change_reason for h in model.history.all()} == {REASON}

    def test_headers_and_values_may_be_chinese(self):
        read, _result = self.put(
            "P41020000001,大药房,410200,未定级,零售药店,,2022-01-01,2024-12-31,普通门诊、门诊慢性病",
            header="机构编号,机构名称,统筹地区,机构等级,机构类别,隶属关系,协议开始日期,协议结束日期,定点待遇",
        )
        assert read.faults == []
        standing = InstitutionStanding.objects.get()
        assert (standing.level, standing.kind, standing.affiliation) == (0, "pharmacy", "other")
        assert set(Designation.objects.values_list("benefit", flat=True)) == {"ordinary", "chronic"}
        assert Agreement.objects.get().ends_on == date(2024, 12, 31)

    def test_the_same_file_again_changes_nothing(self, heard):
        self.put(self.row)
        heard.clear()
        _read, result = self.put(self.row)
        assert (result.created, result.updated, heard) == (0, 0, [])
        assert InstitutionStanding.history.count() == Agreement.history.count() == 1
        assert Designation.history.count() == 2

    def test_a_new_level_counts_from_its_day(self, heard):
        self.put(self.row)
        heard.clear()
        self.put(self.row.replace(",3,", ",2,") + ",2023-07-01", header=f"{self.header},standing from")
        levels = InstitutionStanding.objects.values_list("starts_on", "level")
        assert list(levels) == [(date(2022, 1, 1), 3), (date(2023, 7, 1), 2)]
        assert [(c.fact, c.since, c.until) for c in heard] == [(Fact.STANDING, date(2023, 7, 1), None)]

    def test_a_level_of_the_same_day_is_corrected(self, heard):
        self.put(self.row)
        heard.clear()
        self.put(self.row.replace(",3,", ",2,"))
        assert InstitutionStanding.objects.get().level == 2
        assert [record.level for record in InstitutionStanding.history.order_by("history_id")] == [3, 2]
        assert [(c.fact, c.since, c.until) for c in heard] == [(Fact.STANDING, date(2022, 1, 1), None)]

    def test_a_name_an_end_and_a_benefit_are_added_and_told(self, heard):
        self.put(self.row)
        heard.clear()
        changed = "H37060000001,一附院,370600,3,general,city,2022-01-01,2023-12-31,chronic"
        _read, result = self.put(changed)
        assert result.updated == 1
        assert {c.fact for c in heard} == {Fact.INSTITUTION, Fact.AGREEMENT, Fact.DESIGNATION}
        assert Designation.objects.count() == 3

    @pytest.mark.parametrize(
        ("row", "column", "code"),
        [
            ("H2,二院,370600,4,general,,2022-01-01,,", "level", "unknown_value"),
            ("H2,二院,370600,2,castle,,2022-01-01,,", "kind", "unknown_value"),
            ("H2,二院,110000,2,general,,2022-01-01,,", "city", "unknown_city"),
            ("H2,二院,370600,2,general,,2022-01-01,2021-12-31,", "agreement to", "reversed"),
            ("H2,二院,370600,2,general,,2022-01-01,,ordinary;dental", "benefits", "unknown_value"),
            ("H37060000001,一院,370600,3,general,city,2022-01-01,,", "institution code", "duplicate"),
        ],
    )
    def test_a_bad_row_is_reported_and_keeps_no_good_one_out(self, row, column, code):
        read, result = self.put(self.row, row)
        assert faults(read) == [(3, column, code)]
        assert result.created == 1

    def test_an_agreement_that_overlaps_is_reported(self):
        self.put(self.row)
        read, _result = self.put(self.row.replace("2022-01-01", "2023-01-01"))
        assert faults(read) == [(2, "agreement from", "overlap")]


class TestContributions:
    header = "member number,city,month,employment,base,paid on"

    def put(self, *rows, header=None):
        read = read_contributions(table(header or self.header, *rows), on=ON)
        return read, import_contributions(read=read, at=AT, actor=None)

    def test_rows_are_booked_and_not_booked_again(self):
        member = MemberFactory(paid=None)
        rows = (
            f"{member.number},370600,2024-01,employee,5000.00,2024-01-05",
            f"{member.number},370600,2024-02-01,,5000,",
        )
        read, result = self.put(*rows)
        assert (read.faults, result.created) == ([], 2)
        booked = Contribution.objects.values_list("month", "base", "paid_on", "employment")
        assert list(booked) == [
            (date(2024, 1, 1), 500000, date(2024, 1, 5), "employee"),
            (date(2024, 2, 1), 500000, None, "employee"),
        ]
        assert self.put(*rows)[1].created == 0

    def test_headers_may_be_chinese(self):
        member = MemberFactory(paid=None)
        read, result = self.put(
            f"{member.number},370600,2024-01,灵活就业,5000.00,2024-01-05",
            header="人员编号,统筹地区,费款所属期,就业类型,缴费基数,缴费日期",
        )
        assert (read.faults, result.created) == ([], 1)

    @pytest.mark.parametrize(
        ("row", "column", "code"),
        [
            (f"{LI},370600,2024-01,,5000,", "member number", "unknown_member"),
            ("{number},370600,2024-13,,5000,", "month", "not_a_month"),
            ("{number},370600,202401,,5000,", "month", "not_a_month"),
            ("{number},370600,2024-01,,5e3,", "base", "not_an_amount"),
            ("{number},370600,2024-01,,5000,2024-03-02", "paid on", "paid_on"),
            ("{number},110000,2024-01,,5000,", "city", "unknown_city"),
            ("{number},370600,2023-12,,5000,", "member number", "duplicate"),
        ],
    )
    def test_a_bad_row_is_reported_and_keeps_no_good_one_out(self, row, column, code):
        number = MemberFactory(paid=None).number
        read, result = self.put(f"{number},370600,2023-12,,5000,", row.replace("{number}", number))
        assert faults(read) == [(3, column, code)]
        assert result.created == 1


class TestCommand:
    def test_good_rows_go_in_bad_ones_are_listed_and_the_exit_is_1(self, tmp_path, capsys):
        source, report = tmp_path / "members.csv", tmp_path / "faults.csv"
        rows = (f"{ZHANG},张三,370600,2020-01-01", f"{LI},李四,370600,yesterday")
        source.write_bytes(table(TestMembers.header, *rows, encoding="gbk"))
        with pytest.raises(CommandError) as error:
            call_command("import_members", source, faults=report, user=UserFactory(username="wang").username)
        assert error.value.returncode == 1
        assert Member.objects.get().history.get().history_user.username == "wang"
        listed = list(csv.DictReader(io.StringIO(report.read_text("utf-8-sig"))))
        assert [(fault["line"], fault["code"]) for fault in listed] == [("3", "not_a_date")]

    def test_a_file_without_faults_exits_quietly(self, tmp_path, capsys):
        source = tmp_path / "institutions.csv"
        source.write_bytes(table(TestInstitutions.header, TestInstitutions.row))
        call_command("import_institutions", source)
        assert "1" in capsys.readouterr().out
        assert Institution.history.get().history_change_reason.endswith("institutions.csv")

    def test_contributions_too(self, tmp_path):
        member = MemberFactory(paid=None)
        source = tmp_path / "contributions.csv"
        source.write_bytes(table(TestContributions.header, f"{member.number},370600,2024-01,,5000,"))
        call_command("import_contributions", source)
        assert Contribution.objects.count() == 1

    @pytest.mark.parametrize("content", [b"", b"nothing,known\n1,2\n", b"\xff\xfe\x00"])
    def test_a_file_that_is_none_is_refused(self, tmp_path, content):
        source = tmp_path / "members.csv"
        source.write_bytes(content)
        with pytest.raises(CommandError):
            call_command("import_members", source)
        with pytest.raises(CommandError):
            call_command("import_members", tmp_path / "absent.csv")

    def test_an_unknown_user_is_refused(self, tmp_path):
        with pytest.raises(CommandError):
            call_command("import_members", tmp_path / "members.csv", user="nobody")
