"""How the time of the admin's pages grows with the number of claims (PostgreSQL).

    DATABASE_URL=postgres://… BROKER_URL=redis://… python -m tests.benchmarks.lists [--sizes 50000,5000000]

A few hundred claims go through intake and the workers' own path; then SQL copies them, with their keys,
settlements and entries, to as many as asked for, spread over four years and over many more members. The pages
are asked for as a clerk of one city and as a manager of all, through Django's test client; told is the median of
the server's time for each, and how it compares with the first size.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from claims.models import Claim, Settlement
from claims.selectors import waiting_shards
from claims.services.adjudication import drain
from claims.triggers import CLAIM, SETTLEMENT
from members.models import Institution, Member
from policies.access import AUDITOR, CLERK, MANAGER
from policies.models import City, User
from tests.benchmarks.database import filled, require_servers, use
from tests.benchmarks.population import CITIES, populate

SIZES, TEMPLATES, MEMBERS, REPETITIONS = (50_000, 5_000_000), 600, 600, 9
FIRST, LAST = datetime(2023, 1, 1, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC)
SETTLED_AT = datetime(2023, 7, 4, tzinfo=UTC)

# The n-th copy of a template: its own key (a UUIDv7 of its time), its own number, a member of its own for each
# ten copies of a claim, so that a member has as many claims at any size. `k` numbers copies, `at` is their time.
_COPIES = """
    CREATE UNLOGGED TABLE copies AS
    SELECT t.id AS of, t.seq + k * 1000000 AS seq, k, ts AS at,
           (lpad(to_hex((extract(epoch FROM ts) * 1000)::bigint), 12, '0') || '7'
            || substr(md5(k || t.id::text), 1, 3) || '8' || substr(md5(t.id::text || k), 1, 15))::uuid AS id
    FROM (SELECT k, %(first)s::timestamptz + (%(last)s::timestamptz - %(first)s::timestamptz) * k / %(copies)s AS ts
          FROM generate_series(1::bigint, %(copies)s) k) n
    CROSS JOIN (SELECT id, seq FROM claims_claim WHERE status = 'settled' ORDER BY seq LIMIT %(templates)s) t
"""
_MEMBER = "m.id + (k / 10) * 1000000"
_STATEMENTS = (
    f"""INSERT INTO members_member (id, number, id_number, name, born, surplus_years)
        SELECT DISTINCT {_MEMBER}, 'X' || lpad(({_MEMBER})::text, 17, '0'), '', 'M' || m.id, m.born, 0
        FROM (SELECT DISTINCT k / 10 * 10 AS k FROM copies WHERE k >= 10) c CROSS JOIN members_member m""",
    f"""INSERT INTO members_enrolment (member_id, city_id, employment, plan, starts_on)
        SELECT {_MEMBER}, e.city_id, e.employment, e.plan, e.starts_on
        FROM (SELECT DISTINCT k / 10 * 10 AS k FROM copies WHERE k >= 10) c
        CROSS JOIN members_member m JOIN members_enrolment e ON e.member_id = m.id WHERE m.id < 1000000""",
    """INSERT INTO members_personalaccount (member_id, balance)
        SELECT id, 0 FROM members_member WHERE id >= 1000000""",
    """INSERT INTO claims_claimkey (id, institution_id, claim_number, claim_id, digest)
        OVERRIDING SYSTEM VALUE
        SELECT c.seq, t.institution_id, t.claim_number || '-' || k, c.id, y.digest
        FROM copies c JOIN claims_claim t ON t.id = c.of JOIN claims_claimkey y ON y.claim_id = t.id""",
    f"""INSERT INTO claims_claim (id, seq, institution_id, claim_number, member_number, shard, benefit, service_date,
            total, content, source, received_at, received_on, status, code, detail, city, member_id, place, revision,
            reviewed, attempts, parked)
        SELECT c.id, c.seq, t.institution_id, t.claim_number || '-' || k,
            CASE WHEN k < 10 THEN m.number ELSE 'X' || lpad(({_MEMBER})::text, 17, '0') END,
            t.shard, t.benefit, (c.at - interval '1 day')::date, t.total, t.content, 'api', c.at, c.at::date,
            CASE WHEN mod(c.seq, 400) = 0 AND k > %(copies)s * 0.9 THEN 'pended'
                 WHEN mod(c.seq, 50) = 1 THEN 'rejected' ELSE 'settled' END,
            CASE WHEN mod(c.seq, 400) = 0 AND k > %(copies)s * 0.9 THEN 'no_policy_in_force'
                 WHEN mod(c.seq, 50) = 1 THEN 'amount_mismatch' ELSE '' END,
            '', t.city, {_MEMBER}, t.place + mod(k, 10) * 100, t.revision, false, 0, false
        FROM copies c JOIN claims_claim t ON t.id = c.of JOIN members_member m ON m.id = t.member_id
        ORDER BY c.seq""",
    """INSERT INTO claims_settlement ({columns})
        SELECT {values} FROM copies c JOIN claims_settlement s ON s.claim_id = c.of
        JOIN claims_claim n ON n.id = c.id ORDER BY c.seq""",
    """INSERT INTO members_accountentry (account_id, cause, amount, "on", at, settlement_claim, settlement_revision,
            reason, details)
        SELECT n.member_id, 'settlement', -1, n.service_date, c.at, c.id, 1, '', '{{}}'
        FROM copies c JOIN claims_claim n ON n.id = c.id WHERE mod(c.seq, 3) = 0""",
    """INSERT INTO claims_accumulator (member_id, key, value)
        SELECT a.member_id + g * 1000000, a.key, a.value FROM claims_accumulator a
        CROSS JOIN (SELECT DISTINCT k / 10 AS g FROM copies WHERE k >= 10) c WHERE a.member_id < 1000000""",
    """INSERT INTO claims_claimevent (claim_id, kind, actor_name, reason, at)
        SELECT id, 'requeued', 'clerk', 'x', at FROM copies WHERE mod(seq, 40) = 0""",
    "DROP TABLE copies",
)
# Where a copy differs from its template.
_OWN = {
    "claim_id": "c.id",
    "member_id": "n.member_id",
    "place": "n.place",
    "service_date": "n.service_date",
    "settled_at": "c.at",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--sizes", default=",".join(map(str, SIZES)), help="numbers of claims, with commas between"
    )
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    options = parser.parse_args()
    require_servers()
    sizes = [int(size) for size in options.sizes.split(",")]
    found = {}
    for size in sizes:
        with filled(populate(members=MEMBERS, claims=TEMPLATES), f"{_home()}_lists_{size}") as name:
            use(name)
            start = time.perf_counter()
            _fill(size)
            count = Claim.objects.count()
            print(f"{count:,} claims in {time.perf_counter() - start:.0f} s", flush=True)
            found[size] = dict(_measure(options.repetitions))
    _report(sizes, found)


def _home() -> str:
    return settings.DATABASES["default"]["NAME"]


# --- filling ------------------------------------------------------------------------------------------


def _fill(size: int) -> None:
    """Settles the templates, and copies them until there are `size` claims."""
    for shard in waiting_shards():
        drain(shard, clock=lambda: SETTLED_AT)
    templates = Claim.objects.filter(status=Claim.State.SETTLED).count()
    given = {"first": FIRST, "last": LAST, "copies": max(1, size // templates), "templates": templates}
    columns = [f.column for f in Settlement._meta.concrete_fields if not f.primary_key]
    shape = {
        "columns": ", ".join(f'"{name}"' for name in columns),
        "values": ", ".join(_OWN.get(name, f's."{name}"') for name in columns),
    }
    with connection.cursor() as cursor:
        _make_years(cursor)
        cursor.execute(_COPIES, given)
        cursor.execute("ANALYZE copies")
        with _bare(cursor):
            for statement in _STATEMENTS:
                plain = statement.format(**shape) if "{" in statement else statement
                cursor.execute(plain, given if "%(" in plain else None)
        cursor.execute("VACUUM (ANALYZE)")


def _make_years(cursor) -> None:
    """The parts of years gone by, which a system that has run for years would have."""
    from claims import partitions

    for year in range(FIRST.year, LAST.year):
        for parted in partitions.PARTED:
            for statement in parted.create_sql(partitions.part(parted, year)):
                cursor.execute(statement)


@contextmanager
def _bare(cursor) -> Iterator[None]:
    """Without foreign keys, triggers and indexes of the large tables, which are made anew afterwards."""
    tables = (CLAIM, SETTLEMENT, "claims_claimkey", "claims_claimevent", "members_accountentry")
    keys = [(table, *row) for table in tables for row in _of(cursor, _FOREIGN, table)]
    indexes = [row for table in tables for row in _of(cursor, _INDEXES, table)]
    for table, name, _definition in keys:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    for _name, definition in indexes:
        cursor.execute(
            definition.replace(" ON ONLY ", " ON ", 1)
        )  # as the catalogue tells those of all parts
    for table, name, definition in keys:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


_FOREIGN = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = to_regclass(%s) AND contype = 'f' AND conparentid = 0
"""
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
    WHERE indrelid = to_regclass(%s) AND NOT EXISTS (
        SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
"""


def _of(cursor, query: str, table: str) -> list[tuple]:
    cursor.execute(query, [table])
    return cursor.fetchall()


# --- measuring ----------------------------------------------------------------------------------------


def _measure(repetitions: int) -> Iterator[tuple[str, float]]:
    """The median milliseconds of each page, by reader and name."""
    for reader, client in (
        ("clerk of a city", _client(CITIES[2], CLERK)),
        ("manager", _client(None, MANAGER, AUDITOR)),
    ):
        for name, address in _pages():
            yield f"{reader}: {name}", _median(lambda c=client, a=address: c.get(a), repetitions)


def _client(city: str | None, *roles: str) -> Client:
    user = User.objects.create_user(f"reader of {city}", password=None)
    user.groups.set(Group.objects.filter(name__in=roles))
    user.cities.set(City.objects.filter(pk=city) if city else City.objects.all())
    user.is_staff = True
    user.save()
    client = Client(HTTP_HOST="localhost")
    with override_settings(AXES_ENABLED=False):  # whose counting needs a visitor's address
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _pages() -> Iterator[tuple[str, str]]:
    claims, settlements = (reverse(f"admin:claims_{name}_changelist") for name in ("claim", "settlement"))
    claim = Claim.objects.filter(city=CITIES[2], status="settled").order_by("-id")[40:41].get()
    middle = Claim.objects.filter(received_on__lte="2024-06-01").order_by("-id").first()
    member = Member.objects.get(pk=claim.member_id)
    institution = Institution.objects.filter(city=CITIES[2]).first()
    yield "home", reverse("admin:index")
    yield "claim list", claims
    yield "claim list, in the middle", f"{claims}?p=after:{middle.pk}"
    yield "claim list, rejected", f"{claims}?status__exact=rejected"
    yield "claim list, an institution's", f"{claims}?institution__id__exact={institution.pk}"
    yield "claim list, service dates", f"{claims}?service_date_from=2024-05-01&service_date_to=2024-05-31"
    yield "claim list, what is rare", f"{claims}?benefit__exact=day_surgery"
    yield "claim list, a number", f"{claims}?q={claim.claim_number}"
    yield "claim page", reverse("admin:claims_claim_change", args=[claim.pk])
    yield "member's year", reverse("admin:claims_member_year", args=[member.pk, claim.service_date.year])
    yield "pended", reverse("admin:claims_pended")
    yield "settlement list", settlements
    yield (
        "settlement list, service dates",
        f"{settlements}?service_date_from=2024-05-01&service_date_to=2024-05-31",
    )
    yield "claim keys", reverse("admin:claims_claimkey_changelist")
    yield "claim events", reverse("admin:claims_claimevent_changelist")
    yield "account entries", reverse("admin:members_accountentry_changelist")


def _median(ask: Callable, repetitions: int) -> float:
    found = []
    for _ in range(repetitions + 1):
        start = time.perf_counter()
        response = ask()
        found.append((time.perf_counter() - start) * 1000)
        if response.status_code not in (200, 403):
            raise SystemExit(f"{response.status_code} at {response.request['PATH_INFO']}")
    return statistics.median(found[1:]) if response.status_code == 200 else float("nan")


def _report(sizes: list[int], found: dict[int, dict[str, float]]) -> None:
    print(f"{'milliseconds, median':50}" + "".join(f"{size:>14,}" for size in sizes) + f"{'ratio':>9}")
    for name, first in found[sizes[0]].items():
        figures = [found[size][name] for size in sizes]
        if first == first:  # a page that this reader may not see is not told
            print(f"{name:50}" + "".join(f"{ms:14.1f}" for ms in figures) + f"{figures[-1] / first:9.2f}")


if __name__ == "__main__":
    main()
