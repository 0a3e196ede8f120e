"""How long the policy desk's pages take of the server's time, for a city of 60 versions with 400 rows each.

python -m tests.benchmarks.desk [--versions 60] [--limit 300]

Runs on the embedded database in a folder of its own. Ends with 1 where a page that has a limit exceeds it.
"""

import argparse
import logging
import statistics
import sys
import tempfile
import time

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from policies.models import User
from tests.admin.desk.large import large_content, many_versions, size
from tests.policies import build

LIMITED = ("version", "comparison", "timeline")
ROUNDS = 7


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--versions", type=int, default=60)
    parser.add_argument("--limit", type=float, default=300, help="milliseconds")
    arguments = parser.parse_args()
    if connection.vendor != "sqlite":
        sys.exit("The target is one of the embedded database: unset DATABASE_URL.")
    with tempfile.TemporaryDirectory() as folder:
        connection.settings_dict["NAME"] = f"{folder}/desk.sqlite3"
        settings.AXES_ENABLED = False  # it asks for the address that a test's login does not come from
        logging.disable()
        return _measured(arguments.versions, arguments.limit)


def _measured(count: int, limit: float) -> int:
    call_command("migrate", verbosity=0)
    build.load_register()
    started = time.perf_counter()
    versions = many_versions(count)
    last = versions[-1]
    print(f"{count} versions of {size(large_content(last.effective_from))} rows in", _seconds(started))
    client = Client()
    client.force_login(
        User.objects.create_superuser("measuring"), "django.contrib.auth.backends.ModelBackend"
    )
    client.get("/admin/")
    pages = {
        "version": reverse("admin:policies_policyversion_change", args=[last.pk]),
        "comparison": reverse("admin:policies_policyversion_compare") + f"?a={versions[0].pk}&b={last.pk}",
        "timeline": reverse("admin:policies_city_page", args=[last.city_id]),
        "review": reverse("admin:policies_policyversion_review", args=[last.pk]),
        "all cities": reverse("admin:policies_policyversion_cities"),
        "pdf": reverse("admin:policies_policyversion_pdf", args=[last.pk]),
    }
    over = []
    for name, address in pages.items():
        first, later = _times(client, address)
        print(f"{name:12} first {first:6.0f} ms   median {later:6.0f} ms")
        if name in LIMITED and later > limit:
            over.append(name)
    if over:
        print(f"Over {limit:.0f} ms: {', '.join(over)}")
    return bool(over)


def _times(client, address: str) -> tuple[float, float]:
    taken = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        response = client.get(address, headers={"host": "localhost"})
        assert response.status_code == 200, (address, response.status_code)
        taken.append((time.perf_counter() - started) * 1000)
    return taken[0], statistics.median(taken[1:])


def _seconds(started: float) -> str:
    return f"{time.perf_counter() - started:.1f} s"


if __name__ == "__main__":
    sys.exit(main())
