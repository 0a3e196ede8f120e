"""The benchmarks' databases on PostgreSQL: one made and filled once, copied afresh for every measurement.

A copy has the same rows and keys and tables without bloat, so that repetitions meet the same work.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from claims.services.intake import submit
from claims.submission import Submission
from config.celery import app
from members import models as members
from members.records import month_start
from policies.library import read_path, read_register, version_files
from policies.models import CatalogueItem
from policies.services import load_register, load_version, publish_version
from tests.benchmarks.population import LONG_AGO, RECEIVED_AT, Population

NOW = datetime(2023, 1, 1, tzinfo=UTC)


def require_servers() -> None:
    if connection.vendor != "postgresql":
        sys.exit("Set DATABASE_URL to a PostgreSQL server on which databases may be made.")
    if not app.conf.broker_url.startswith("redis"):
        sys.exit("Set BROKER_URL to a Redis database of its own.")


@contextmanager
def filled(population: Population, name: str) -> Iterator[str]:
    """A new database with the population and its claims, queued; dropped afterwards."""
    with fresh(name, template="template0"):
        use(name)
        call_command("migrate", verbosity=0)
        publish()
        write_parties(population)
        send(population.claims)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (FREEZE, ANALYZE)")
        connection.close()
        yield name


@contextmanager
def fresh(name: str, template: str) -> Iterator[str]:
    """A copy of a database, dropped afterwards. Ends at a checkpoint, so that the next measurement begins after one."""
    home = settings.DATABASES["default"]["NAME"] if connection.settings_dict["NAME"] != name else "postgres"
    _server(
        home,
        f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
        f'CREATE DATABASE "{name}" TEMPLATE "{template}"',
    )
    _server(home, "CHECKPOINT")
    try:
        yield name
    finally:
        connection.close()
        _server("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def use(name: str) -> None:
    """Let this process's connection, and the processes that it starts, work on a database."""
    connection.close()
    connection.settings_dict["NAME"] = name
    parts = urlsplit(os.environ["DATABASE_URL"])
    os.environ["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{name}"))


def _server(home: str, *statements: str) -> None:
    """Statements about databases, from outside them."""
    use("postgres")
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def publish() -> None:
    common = {"actor": None, "reason": "benchmark", "at": NOW}
    load_register(register=read_register(), **common)
    for path in version_files():
        content = read_path(path)
        version, _ = load_version(content=content, **common)
        publish_version(version=version, effective_from=content.effective_from, **common)


def write_parties(population: Population) -> None:
    people = list(population.members.values())
    members.Member.objects.bulk_create(
        members.Member(id=p.id, number=p.number, name=f"M{p.id}", born=p.born, retired_on=p.retired_on)
        for p in people
    )
    members.Enrolment.objects.bulk_create(
        members.Enrolment(member_id=p.id, city_id=p.covers[0].city, starts_on=LONG_AGO) for p in people
    )
    members.PersonalAccount.objects.bulk_create(members.PersonalAccount(member_id=p.id) for p in people)
    members.Contribution.objects.bulk_create(
        (
            members.Contribution(
                member_id=p.id,
                city_id=p.covers[0].city,
                month=month_start(month),
                employment=due.employment,
                base=due.base,
                paid_on=due.paid_on,
                recorded_at=NOW,
            )
            for p in people
            for month, due in p.dues.items()
        ),
        batch_size=10_000,
    )
    _write_institutions(population)
    CatalogueItem.objects.bulk_create(
        CatalogueItem(
            city_id=city,
            code=item,
            kind=entry.kind,
            item_class=entry.item_class,
            upfront=entry.upfront,
            ceiling=entry.ceiling,
            valid_from=LONG_AGO,
        )
        for (city, item), entry in population.catalogue.items()
    )


def _write_institutions(population: Population) -> None:
    places = list(population.institutions.values())
    members.Institution.objects.bulk_create(
        members.Institution(id=x.id, code=x.code, name=x.name, city_id=x.city) for x in places
    )
    members.InstitutionStanding.objects.bulk_create(
        members.InstitutionStanding(
            institution_id=x.id, starts_on=s.starts_on, level=s.level, kind=s.kind, affiliation=s.affiliation
        )
        for x in places
        for s in x.standings
    )
    members.Agreement.objects.bulk_create(
        members.Agreement(institution_id=x.id, starts_on=LONG_AGO) for x in places
    )
    members.Designation.objects.bulk_create(
        members.Designation(institution_id=x.id, benefit=benefit, starts_on=LONG_AGO)
        for x in places
        for benefit, _ in x.designations
    )


def send(claims: Iterable[tuple[str, Submission]]) -> None:
    """Claims with their institutions' codes go through intake, an institution's together."""
    sent = defaultdict(list)
    for code, submission in claims:
        sent[code].append(submission)
    for institution in members.Institution.objects.filter(code__in=sent):
        submit(institution=institution, claims=sent[institution.code], at=RECEIVED_AT)
