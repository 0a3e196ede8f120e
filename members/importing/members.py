"""The register of members: person, current enrolment, and the balance brought from the system used before.

A row whose enrolment begins after one that is still open ends that the day before. Rows are written in chunks,
each one transaction.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from members.importing import cells
from members.importing.result import Changes, Result
from members.lookups import Among
from members.models import AccountEntry, Enrolment, Member, PersonalAccount
from members.periods import Span, changed_days, overlap
from members.registry import Fact
from members.services import history
from members.services.accounts import lock_accounts, post_entries
from policies.csv_import import Column, Line, ReadCsv, read_csv
from policies.models import User
from policies.terms import COMBINED, EMPLOYEE

CHUNK = 1000
NUMBER, ID_NUMBER = "member number", "ID number"
PERSONAL = frozenset((NUMBER, ID_NUMBER, "name"))
COLUMNS = (
    Column("number", (NUMBER, "member_number", "psn_no", "人员编号", "个人编号"), required=True),
    Column("id_number", (ID_NUMBER, "id_number", "certno", "证件号码", "身份证号", "公民身份号码")),
    Column("name", ("name", "psn_name", "姓名"), required=True),
    Column("born", ("born", "brdy", "出生日期")),
    Column("retired_on", ("retired on", "retired_on", "退休待遇起始日期", "退休日期")),
    Column("died_on", ("died on", "died_on", "死亡日期")),
    Column("own_monthly_credit", ("own monthly credit", "own_monthly_credit", "本人月划入额")),
    Column("surplus_years", ("surplus years", "surplus_years", "超出最低缴费年限")),
    Column("city", ("city", "insuplc_admdvs", "统筹地区", "参保地医保区划"), required=True),
    Column("employment", ("employment", "就业类型")),
    Column("plan", ("plan", "参保模式")),
    Column("insured_from", ("insured from", "insured_from", "psn_insu_date", "参保日期"), required=True),
    Column("insured_to", ("insured to", "insured_to", "paus_insu_date", "参保终止日期", "暂停参保日期")),
    Column("balance", ("opening balance", "balance", "balc", "个人账户余额", "余额")),
    Column("balance_on", ("balance on", "balance_on", "余额日期")),
)
_PERSON = ("id_number", "name", "born", "retired_on", "died_on", "own_monthly_credit", "surplus_years")
_COVER = ("city_id", "employment", "plan", "starts_on", "ends_on")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Row:
    """A row's meaning: what the person's fields become (only those filled in), and the current enrolment."""

    number: str
    person: dict
    cover: dict
    balance: int | None
    balance_on: date | None

    @property
    def city(self) -> str:
        return self.cover["city_id"]


def read_members(
    raw: bytes, progress: Callable[[list], Iterable] = iter, *, own: frozenset[str] | None = None
) -> ReadCsv[Row]:
    """The rows of a file; those that cannot be are faults. Raises csv_import.FileError.

    `own`: the cities for which the importer may register members (None: all).
    """
    cities = cells.Cities(own)
    read = read_csv(raw, COLUMNS, lambda line: _parse(line, cities), progress)
    first: dict[str, int] = {}
    for number, row in read.good:
        if first.setdefault(row.number, number) != number:
            message = _("stands in line %(line)s already") % {"line": first[row.number]}
            read.fault(number, NUMBER, "duplicate", message, row.number)
    read.good = [(number, row) for number, row in read.good if first[row.number] == number]
    return cells.without_numbers(read, PERSONAL)


def _parse(line: Line, cities: cells.Cities) -> Row:
    number = cells.personal_number(line, "number") or ""
    cover = {
        "city_id": cities.read(line),
        "employment": line.choice("employment", cells.EMPLOYMENTS, EMPLOYEE),
        "plan": line.choice("plan", cells.PLANS, COMBINED),
        "starts_on": line.day("insured_from"),
        "ends_on": line.day("insured_to"),
    }
    person = _person(line, number)
    if cover["starts_on"] and cover["ends_on"] and cover["ends_on"] < cover["starts_on"]:
        line.fault("insured_to", "reversed", _("lies before the start of cover"))
    return Row(number, person, cover, cells.fen(line, "balance"), line.day("balance_on"))


def _person(line: Line, number: str) -> dict:
    id_number = cells.citizen_number(line, "id_number")
    citizen = id_number or (number if len(number) == 18 else "")
    born, written = line.day("born"), cells.birth_day(citizen) if citizen else None
    if born and written and born != written:
        line.fault("born", "born_mismatch", _("is another day than in the ID number"))
    born = born or written
    if born is None and not line.faults:
        line.fault("born", "required", _("is missing, and there is no ID number to take it from"))
    retired_on, died_on = line.day("retired_on"), line.day("died_on")
    for field, day in (("retired_on", retired_on), ("died_on", died_on)):
        if born and day and day < born:
            line.fault(field, "before_birth", _("lies before the birth"))
    years = line.convert("surplus_years", _years, "not_years", _("must be whole years, 0 to 80"))
    values = (
        id_number,
        line.text("name", 60),
        born,
        retired_on,
        died_on,
        cells.fen(line, "own_monthly_credit"),
        years,
    )
    return {field: value for field, value in zip(_PERSON, values, strict=True) if value not in (None, "")}


def _years(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 80):
        raise ValueError(text)
    return int(text)


def import_members(
    *,
    read: ReadCsv[Row],
    on: date,
    at: datetime,
    actor: User | None,
    reason: str,
    progress: Callable[[list], Iterable] = iter,
) -> Result:
    """Writes the good rows; rows that what is on record rules out are added to the faults.

    Balances without a day are as of `on`.
    """
    result = Result()
    chunks = [read.good[start : start + CHUNK] for start in range(0, len(read.good), CHUNK)]
    for chunk in progress(chunks):
        with transaction.atomic():
            _Chunk(read, result, on, at, actor, reason).write(chunk)
    read.good = [(number, row) for number, row in read.good if number not in result.refused]
    return result


class _Chunk:
    """One transaction's worth of rows: what is on record is read first, then written set by set."""

    def __init__(self, read, result, on, at, actor, reason):
        self.read, self.result = read, result
        self.on, self.at = on, at
        self.who = {"actor": actor, "reason": reason, "at": at}
        self.covers: dict[int, list[Enrolment]] = defaultdict(list)
        self.opened: dict[int, int] = {}  # by account that has entries: its opening balance, 0 without one
        self.changes = Changes()
        self.updated: set[int] = set()

    def write(self, chunk: list[tuple[int, Row]]) -> None:
        numbers = [row.number for _number, row in chunk]
        members = Member.objects.select_for_update().filter(Among(F("number"), numbers)).order_by("pk")
        known = {member.number: member for member in members}
        enrolments = Enrolment.objects.filter(Among(F("member"), [m.pk for m in known.values()]))
        for enrolment in enrolments.order_by("member", "starts_on"):
            self.covers[enrolment.member_id].append(enrolment)
        self._read_openings(
            [known[row.number].pk for _line, row in chunk if row.balance and row.number in known]
        )
        chunk = [(line, row) for line, row in chunk if self._possible(line, row, known.get(row.number))]
        self._persons(chunk, known)
        self._enrolments(chunk, known)
        self._balances(chunk, known)
        self.result.updated += len(self.updated)
        self.changes.tell()

    def _read_openings(self, members: list[int]) -> None:
        entries = AccountEntry.objects.filter(Among(F("account"), members))
        for account, cause, amount in entries.values_list("account_id", "cause", "amount"):
            self.opened.setdefault(account, 0)
            if cause == AccountEntry.Cause.OPENING:
                self.opened[account] = amount

    def _possible(self, line: int, row: Row, member: Member | None) -> bool:
        """Whether cover and balance fit in with what is on record; else the row is a fault."""
        if member is None:
            return True
        if row.balance and self.opened.get(member.pk, row.balance) != row.balance:
            message = _("the account has moved already: book the difference as a correction")
            self._fault(line, "opening balance", "opened", message)
            return False
        new = (row.cover["starts_on"], row.cover["ends_on"])
        for other in self.covers[member.pk]:
            follows = other.ends_on is None and other.starts_on < new[0]
            same = other.starts_on == new[0]
            if not same and not follows and overlap((other.starts_on, other.ends_on), new):
                message = _("overlaps the cover from %(from)s to %(to)s: end that first, or correct the days")
                params = {"from": other.starts_on, "to": other.ends_on or "…"}
                self._fault(line, "insured from", "overlap", message % params, new[0].isoformat())
                return False
        return True

    def _fault(self, line, column, code, message, value="") -> None:
        self.result.refused.add(line)
        self.read.fault(line, column, code, message, value)

    def _persons(self, chunk, known: dict[str, Member]) -> None:
        new, changed = [], []
        for _line, row in chunk:
            member = known.get(row.number)
            if member is None:
                new.append(Member(number=row.number, **row.person))
            elif before := {f: getattr(member, f) for f, v in row.person.items() if getattr(member, f) != v}:
                for field, value in row.person.items():
                    setattr(member, field, value)
                changed.append(member)
                self.updated.add(member.pk)
                self._person_changed(member, before)
        history.create_many(new, **self.who)
        history.update_many(changed, _PERSON, **self.who)
        known |= {member.number: member for member in new}
        PersonalAccount.objects.bulk_create([PersonalAccount(member=member) for member in new])
        self.result.created += len(new)

    def _person_changed(self, member: Member, before: dict) -> None:
        for field, fact, cause in (
            ("retired_on", Fact.RETIREMENT, _("retirement")),
            ("died_on", Fact.DEATH, _("death")),
        ):
            if field in before:
                old = (before[field], None) if before[field] else None
                self._note(fact, old, (getattr(member, field), None), cause, member.pk)
        if "born" in before or "surplus_years" in before:
            born = before.get("born", member.born)
            self._note(Fact.PERSON, None, (born, None), _("birth date or contribution years"), member.pk)

    def _enrolments(self, chunk, known: dict[str, Member]) -> None:
        new, ended, corrected = [], [], []
        for _line, row in chunk:
            member = known[row.number]
            covers = self.covers[member.pk]
            same = next((c for c in covers if c.starts_on == row.cover["starts_on"]), None)
            if same is not None:
                corrected += self._corrected(same, row)
                continue
            for cover in covers:
                if cover.ends_on is None and cover.starts_on < row.cover["starts_on"]:
                    cover.ends_on = row.cover["starts_on"] - _DAY
                    ended.append(cover)
            new.append(Enrolment(member=member, **row.cover))
            if covers:
                self.updated.add(member.pk)
                span = (row.cover["starts_on"], row.cover["ends_on"])
                self._note(Fact.ENROLMENT, None, span, _("enrolment"), member.pk)
        history.update_many(ended, ["ends_on"], **self.who)
        history.update_many(corrected, _COVER, **self.who)
        history.create_many(new, **self.who)

    def _corrected(self, cover: Enrolment, row: Row) -> list[Enrolment]:
        """The enrolment with the row's values, in a list; an empty one where it has them already."""
        wanted = dict(row.cover)
        wanted["ends_on"] = wanted["ends_on"] or cover.ends_on
        before = {field: getattr(cover, field) for field in _COVER}
        if before == wanted:
            return []
        for field, value in wanted.items():
            setattr(cover, field, value)
        self.updated.add(cover.member_id)
        only_end = all(before[field] == wanted[field] for field in _COVER if field != "ends_on")
        old = (cover.starts_on, before["ends_on"]) if only_end else None
        self._note(Fact.ENROLMENT, old, (cover.starts_on, cover.ends_on), _("enrolment"), cover.member_id)
        return [cover]

    def _note(self, fact: Fact, before: Span | None, after: Span, cause: str, member: int) -> None:
        if span := changed_days(before, after):
            self.changes.add(fact, span, str(cause), member)

    def _balances(self, chunk, known: dict[str, Member]) -> None:
        rows = {known[row.number].pk: row for _line, row in chunk if row.balance}
        new = {member: row for member, row in rows.items() if member not in self.opened}
        balances = lock_accounts(list(new))
        post_entries([self._opening(member, row) for member, row in sorted(new.items())], balances)

    def _opening(self, member: int, row: Row) -> AccountEntry:
        return AccountEntry(
            account_id=member,
            cause=AccountEntry.Cause.OPENING,
            amount=row.balance,
            on=row.balance_on or self.on,
            at=self.at,
            actor=self.who["actor"],
            reason=self.who["reason"],
        )
