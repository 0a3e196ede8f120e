"""The register of institutions: who they are, their standing, agreement and designations.

What a row does not name stays as it is: a designation ends by its own service, not by a shorter list.
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
from members.models import Agreement, Designation, Institution, InstitutionStanding
from members.periods import changed_days, overlap
from members.registry import Fact
from members.services import history
from members.services.institutions import BEGINNING
from policies.csv_import import Column, Line, ReadCsv, read_csv
from policies.models import User
from policies.terms import AFFILIATIONS, INSTITUTION_KINDS

CHUNK = 500
CODE = "institution code"
COLUMNS = (
    Column("code", (CODE, "code", "fixmedins_code", "定点医药机构编号", "机构编号"), required=True),
    Column("name", ("name", "fixmedins_name", "定点医药机构名称", "机构名称"), required=True),
    Column("city", ("city", "统筹地区", "医保区划"), required=True),
    Column("level", ("level", "医院等级", "机构等级"), required=True),
    Column("kind", ("kind", "机构类别"), required=True),
    Column("affiliation", ("affiliation", "隶属关系")),
    Column("standing_from", ("standing from", "standing_from", "等级起始日期")),
    Column("agreement_from", ("agreement from", "agreement_from", "协议开始日期"), required=True),
    Column("agreement_to", ("agreement to", "agreement_to", "协议结束日期")),
    Column("benefits", ("benefits", "定点待遇")),
    Column("designated_from", ("designated from", "designated_from", "定点起始日期")),
)
_LEVELS = {"0": 0, "1": 1, "2": 2, "3": 3, "未定级": 0, "一级": 1, "二级": 2, "三级": 3}
_KINDS = {kind: kind for kind in INSTITUTION_KINDS} | {
    "综合医院": "general",
    "专科医院": "specialist",
    "社区卫生服务中心": "community",
    "社区卫生服务站": "station",
    "乡镇卫生院": "township",
    "诊所": "clinic",
    "零售药店": "pharmacy",
    "药店": "pharmacy",
    "其他": "other",
}
_AFFILIATIONS = {code: code for code in AFFILIATIONS} | {"省属": "province", "市属": "city", "其他": "other"}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Row:
    code: str
    name: str
    city: str
    standing: tuple[date, int, str, str]  # from, level, kind, affiliation
    agreement: tuple[date, date | None]
    benefits: tuple[str, ...]
    designated_from: date


def read_institutions(
    raw: bytes, progress: Callable[[list], Iterable] = iter, *, own: frozenset[str] | None = None
) -> ReadCsv[Row]:
    """The rows of a file; those that cannot be are faults. Raises csv_import.FileError.

    `own`: the importer's cities (None: all); he neither takes an institution from another city nor gives one.
    """
    cities = cells.Cities(own)
    read = read_csv(raw, COLUMNS, lambda line: _parse(line, cities), progress)
    first: dict[str, int] = {}
    for number, row in read.good:
        if first.setdefault(row.code, number) != number:
            message = _("stands in line %(line)s already") % {"line": first[row.code]}
            read.fault(number, CODE, "duplicate", message, row.code)
    read.good = [(number, row) for number, row in read.good if first[row.code] == number]
    if own is not None:
        _keep_own(read, own)
    return read


def _keep_own(read: ReadCsv[Row], own: frozenset[str]) -> None:
    """Faults the rows of institutions that are on record in other cities."""
    elsewhere: set[str] = set()
    for start in range(0, len(read.good), CHUNK):
        codes = [row.code for _line, row in read.good[start : start + CHUNK]]
        found = Institution.objects.filter(Among(F("code"), codes)).exclude(city__in=own)
        elsewhere |= set(found.values_list("code", flat=True))
    for number, row in read.good:
        if row.code in elsewhere:
            read.fault(number, CODE, "other_city", _("is on record in a city that is not yours"), row.code)
    read.good = [(number, row) for number, row in read.good if row.code not in elsewhere]


def _parse(line: Line, cities: cells.Cities) -> Row:
    city = cities.read(line)
    agreed, until = line.day("agreement_from"), line.day("agreement_to")
    if agreed and until and until < agreed:
        line.fault("agreement_to", "reversed", _("lies before the start of the agreement"))
    standing = (
        line.day("standing_from") or agreed,
        line.choice("level", _LEVELS),
        line.choice("kind", _KINDS),
        line.choice("affiliation", _AFFILIATIONS, "other"),
    )
    return Row(
        code=line.text("code", 30),
        name=line.text("name"),
        city=city,
        standing=standing,
        agreement=(agreed, until),
        benefits=cells.benefits(line, "benefits"),
        designated_from=line.day("designated_from") or agreed,
    )


def import_institutions(
    *,
    read: ReadCsv[Row],
    at: datetime,
    actor: User | None,
    reason: str,
    progress: Callable[[list], Iterable] = iter,
) -> Result:
    """Writes the good rows; rows that what is on record rules out are added to the faults."""
    result = Result()
    chunks = [read.good[start : start + CHUNK] for start in range(0, len(read.good), CHUNK)]
    for chunk in progress(chunks):
        with transaction.atomic():
            _Chunk(read, result, at, actor, reason).write(chunk)
    read.good = [(number, row) for number, row in read.good if number not in result.refused]
    return result


class _Chunk:
    """One transaction's worth of rows: what is on record is read first, then written set by set."""

    def __init__(self, read, result, at, actor, reason):
        self.read, self.result = read, result
        self.who = {"actor": actor, "reason": reason, "at": at}
        self.changes = Changes(institutions=True)

    def write(self, chunk: list[tuple[int, Row]]) -> None:
        codes = [row.code for _line, row in chunk]
        stored = Institution.objects.select_for_update().filter(Among(F("code"), codes)).order_by("pk")
        known = {institution.code: institution for institution in stored}
        keys = [institution.pk for institution in known.values()]
        self.standings = _by_institution(InstitutionStanding, keys)
        self.agreements = _by_institution(Agreement, keys)
        self.designations = _by_institution(Designation, keys)
        chunk = [(line, row) for line, row in chunk if self._possible(line, row, known.get(row.code))]
        rows = [row for _line, row in chunk]
        self._identities(rows, known)
        self._standings(rows, known)
        self._agreements(rows, known)
        self._designations(rows, known)
        self.changes.tell()

    def _possible(self, line: int, row: Row, institution: Institution | None) -> bool:
        """Whether the agreement fits in with those on record; else the row is a fault."""
        for other in self.agreements[institution.pk] if institution else ():
            if other.starts_on != row.agreement[0] and overlap(
                (other.starts_on, other.ends_on), row.agreement
            ):
                message = _(
                    "overlaps the agreement from %(from)s to %(to)s: end that first, or correct the days"
                )
                params = {"from": other.starts_on, "to": other.ends_on or "…"}
                self.result.refused.add(line)
                self.read.fault(
                    line, "agreement from", "overlap", message % params, row.agreement[0].isoformat()
                )
                return False
        return True

    def _identities(self, rows: list[Row], known: dict[str, Institution]) -> None:
        new, changed = [], []
        for row in rows:
            institution = known.get(row.code)
            if institution is None:
                new.append(Institution(code=row.code, name=row.name, city_id=row.city))
            elif (institution.name, institution.city_id) != (row.name, row.city):
                institution.name, institution.city_id = row.name, row.city
                changed.append(institution)
                cause = str(_("institution's name, code or city"))
                self.changes.add(Fact.INSTITUTION, (BEGINNING, None), cause, institution.pk)
        history.create_many(new, **self.who)
        history.update_many(changed, ["name", "city"], **self.who)
        known |= {institution.code: institution for institution in new}
        self.result.created += len(new)
        self.result.updated += len(changed)

    def _standings(self, rows: list[Row], known: dict[str, Institution]) -> None:
        new, changed = [], []
        for row in rows:
            institution, (since, *wanted) = known[row.code], row.standing
            standings = self.standings[institution.pk]
            in_force = next((s for s in reversed(standings) if s.starts_on <= since), None)
            if in_force and [in_force.level, in_force.kind, in_force.affiliation] == wanted:
                continue
            if in_force and in_force.starts_on == since:
                in_force.level, in_force.kind, in_force.affiliation = wanted
                changed.append(in_force)
            else:
                level, kind, affiliation = wanted
                new.append(
                    InstitutionStanding(
                        institution=institution,
                        starts_on=since,
                        level=level,
                        kind=kind,
                        affiliation=affiliation,
                    )
                )
            following = next((s.starts_on for s in standings if s.starts_on > since), None)
            span = (since, following and following - _DAY)
            self.changes.add(
                Fact.STANDING, span, str(_("institution's level, kind or affiliation")), institution.pk
            )
        history.create_many(new, **self.who)
        history.update_many(changed, ["level", "kind", "affiliation"], **self.who)

    def _agreements(self, rows: list[Row], known: dict[str, Institution]) -> None:
        new, changed = [], []
        for row in rows:
            institution, (since, until) = known[row.code], row.agreement
            same = next((a for a in self.agreements[institution.pk] if a.starts_on == since), None)
            before = (since, same.ends_on) if same else None
            if same is None:
                new.append(Agreement(institution=institution, starts_on=since, ends_on=until))
            elif until is not None and same.ends_on != until:
                same.ends_on = until
                changed.append(same)
            after = (since, same.ends_on if same else until)
            if span := changed_days(before, after):
                self.changes.add(Fact.AGREEMENT, span, str(_("agreement")), institution.pk)
        history.create_many(new, **self.who)
        history.update_many(changed, ["ends_on"], **self.who)

    def _designations(self, rows: list[Row], known: dict[str, Institution]) -> None:
        new = []
        for row in rows:
            institution, span = known[row.code], (row.designated_from, None)
            held = self.designations[institution.pk]
            for benefit in row.benefits:
                # Designated on some day from then on: how long is for the designation itself to say.
                if any(d.benefit == benefit and overlap((d.starts_on, d.ends_on), span) for d in held):
                    continue
                new.append(
                    Designation(institution=institution, benefit=benefit, starts_on=row.designated_from)
                )
                self.changes.add(Fact.DESIGNATION, span, str(_("designation")), institution.pk)
        history.create_many(new, **self.who)


def _by_institution(model, keys: list[int]) -> dict[int, list]:
    found = defaultdict(list)
    for row in model.objects.filter(Among(F("institution"), keys)).order_by("institution", "starts_on"):
        found[row.institution_id].append(row)
    return found
