"""Each case reads config.settings in a fresh interpreter: settings are made at import."""

import json
import os
import subprocess
import sys

import pytest

KEY = {"SECRET_KEY": "k" * 60}
HOSTS = {"ALLOWED_HOSTS": "claims.example.org"}


@pytest.fixture
def settings_with(tmp_path):
    def read(*names, **variables):
        script = f"import json, config.settings as s; print(json.dumps([getattr(s, n) for n in {names!r}]))"
        clean = {k: os.environ[k] for k in ("PATH", "HOME", "LANG") if k in os.environ}
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**clean, "VAR_DIR": str(tmp_path), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.splitlines()[-1]
        return json.loads(done.stdout)

    return read


def test_without_variables_only_this_machine_is_served(settings_with):
    production, debug, hosts = settings_with("PRODUCTION", "DEBUG", "ALLOWED_HOSTS")
    assert (production, debug) == (False, False)
    assert hosts == ["localhost", "127.0.0.1", "[::1]"]


def test_the_local_key_is_made_once_and_readable_by_its_owner_only(settings_with, tmp_path):
    first, second = settings_with("SECRET_KEY"), settings_with("SECRET_KEY")
    assert first == second
    assert len(first[0]) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("half", [KEY, HOSTS])
def test_half_a_production_does_not_start(settings_with, half):
    with pytest.raises(AssertionError, match="both SECRET_KEY and ALLOWED_HOSTS"):
        settings_with("DEBUG", **half)


def test_production_does_not_start_with_debug(settings_with):
    with pytest.raises(AssertionError, match="DEBUG"):
        settings_with("DEBUG", **KEY, **HOSTS, DEBUG="1")


def test_production_speaks_https_only(settings_with):
    names = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    assert settings_with(*names, **KEY, **HOSTS) == [True] * 3


def test_servers_come_by_two_variables(settings_with):
    [databases, broker] = settings_with(
        "DATABASES",
        "CELERY_BROKER_URL",
        DATABASE_URL="postgres://u:p@db:5432/n",
        BROKER_URL="redis://r:6379/0",
    )
    assert databases["default"]["ENGINE"] == "config.postgresql"
    assert databases["default"]["HOST"] == "db"
    assert broker == "redis://r:6379/0"


def test_a_replica_is_for_reports_and_migrated_by_nobody(settings_with):
    databases, routers = settings_with(
        "DATABASES",
        "DATABASE_ROUTERS",
        DATABASE_URL="postgres://app:x@one/claims",
        REPLICA_DATABASE_URL="postgres://auditor:x@two/claims",
    )
    assert databases["default"]["HOST"] == "one"
    assert (databases["replica"]["HOST"], databases["replica"]["TEST"]) == ("two", {"MIRROR": "default"})
    assert routers == ["policies.replica.Router"]


def test_sentinels_serve_broker_and_cache(settings_with):
    url = "sentinel://:secret@one:26379/3;sentinel://:secret@two:26379/3"
    options, caches = settings_with(
        "CELERY_BROKER_TRANSPORT_OPTIONS", "CACHES", BROKER_URL=url, SENTINEL_MASTER="claims"
    )
    assert options["master_name"] == "claims"
    assert (options["socket_timeout"], options["visibility_timeout"]) == (10, 600)
    assert caches["default"]["OPTIONS"]["addresses"] == url
