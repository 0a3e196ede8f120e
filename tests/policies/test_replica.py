"""A replica is read only where that is said, and never written."""

import pytest
from django.core.management import CommandError, call_command

from claims.models import Claim
from policies import replica


@pytest.fixture
def configured(monkeypatch):
    monkeypatch.setattr(replica, "is_configured", lambda: True)


def test_without_one_the_database_itself_is_read():
    with replica.reading():
        assert replica.alias() == "default"
        assert replica.Router().db_for_read(Claim) is None


def test_only_inside_the_block_reads_go_there(configured):
    router = replica.Router()
    with replica.reading():
        assert router.db_for_read(Claim) == replica.alias() == "replica"
        with pytest.raises(RuntimeError, match=r"claims\.Claim would be written"):
            router.db_for_write(Claim)
    assert (router.db_for_read(Claim), router.db_for_write(Claim)) == (None, None)
    assert replica.alias() == "default"


def test_it_is_never_migrated():
    assert replica.Router().allow_migrate("replica", "claims") is False
    assert replica.Router().allow_migrate("default", "claims") is None


@pytest.mark.parametrize("command", ["verify_settlements", "verify_accumulators"])
def test_proofs_say_where_there_is_none(command):
    with pytest.raises(CommandError, match="REPLICA_DATABASE_URL"):
        call_command(command, "--replica")
