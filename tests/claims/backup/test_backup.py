"""A backup made while claims come in, restored elsewhere: everything is there, and every figure proves itself."""

import json
import time
import zipfile

import psycopg
import pytest
from django.db.models import F

from claims.models import Accumulator, Settlement
from tests.claims.backup.places import elsewhere, here, load, uploads
from tests.factories import InstitutionFactory, MemberFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SUMS = "SELECT COUNT(*), SUM(total), SUM(pooled_fund), SUM(personal) FROM claims_settlement"
PAPER = b"%PDF-1.4 what the bureau published"


@pytest.fixture
def place(tmp_path, transactional_db):
    """This system, with an uploaded file."""
    found = here(tmp_path / "here")
    folder = uploads(found) / "documents"
    folder.mkdir(parents=True)
    (folder / "a1").write_bytes(PAPER)
    return found


@pytest.fixture
def parties(yantai):
    return InstitutionFactory(level=1), [MemberFactory(balance=30_000) for _ in range(12)]


@pytest.fixture
def small(place, parties, send, settle, tmp_path):
    """A backup of one settled claim."""
    clinic, members = parties
    settle(send(clinic, members[0], "2023-03-01", 60_000, use_account=True))
    file = tmp_path / "small.backup"
    done = place.manage("backup", str(file))
    assert done.returncode == 0, done.stderr
    return file


def manifest(file) -> dict:
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("manifest.json"))


def rewritten(file, target, **changes):
    """The same backup with other figures in its manifest, or (database=…) another dump."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        told = json.loads(old.read("manifest.json")) | changes.get("manifest", {})
        new.writestr("manifest.json", json.dumps(told))
        for name in old.namelist()[1:]:
            new.writestr(name, changes.get(name) or old.read(name))
    return target


def test_the_drill(place, parties, tmp_path):
    """Saved under load, restored elsewhere: of the moment, complete, and proven."""
    file = tmp_path / "drill.backup"
    with load(*parties):
        while Settlement.objects.count() < 40:
            time.sleep(0.05)
        done = place.manage("backup", str(file))
        assert done.returncode == 0, done.stderr
        until = Settlement.objects.count() + 20
        while Settlement.objects.count() < until:
            time.sleep(0.05)
    saved = manifest(file)
    count = saved["tables"]["claims_settlement"]["rows"]
    assert 40 <= count < Settlement.objects.count()
    assert file.stat().st_mode & 0o777 == 0o600

    with elsewhere(tmp_path / "elsewhere") as other:
        done = other.manage("restore", str(file), "--sample", "1000000")
        assert done.returncode == 0, done.stderr
        assert f"{count} settlements hold." in done.stdout
        sums = saved["settlements"]
        assert other.rows(SUMS) == [(count, sums["total"], sums["pooled_fund"], sums["personal"])]
        for table, told in saved["tables"].items():
            assert other.rows(f"SELECT COUNT(*) FROM {table}") == [(told["rows"],)], table
        assert (uploads(other) / "documents" / "a1").read_bytes() == PAPER

        # What was restored is a system like any other: saved again it is the same, and it goes on.
        again = tmp_path / "again.backup"
        assert other.manage("backup", str(again)).returncode == 0
        assert manifest(again)["tables"] == saved["tables"]
        assert other.manage("adjudicate").returncode == 0
        assert other.manage("verify_settlements").returncode == 0


def test_data_that_is_there_is_not_written_over_unless_told(small, tmp_path):
    with elsewhere(tmp_path / "elsewhere") as other:
        assert other.manage("restore", str(small)).returncode == 0
        refused = other.manage("restore", str(small))
        assert refused.returncode == 1
        assert "--replace" in refused.stderr
        done = other.manage("restore", str(small), "--replace")
        assert done.returncode == 0, done.stderr
        assert other.rows("SELECT COUNT(*) FROM claims_settlement") == [(1,)]


def test_what_does_not_hold_changes_nothing(small, tmp_path):
    """Other counts, other contents, another schema, a damaged dump: all stays as it was before."""
    told = manifest(small)
    one_more = told["tables"] | {"claims_claim": told["tables"]["claims_claim"] | {"rows": 2}}
    other_rows = told["tables"]["claims_settlement"] | {"fingerprint": "1"}
    faults = {
        "应为 2 行": {"manifest": {"tables": one_more}},
        "表 claims_settlement 的内容": {
            "manifest": {"tables": told["tables"] | {"claims_settlement": other_rows}}
        },
        "更新版本的系统": {"manifest": {"migrations": [*told["migrations"], "claims.9999_later"]}},
        "上传文件与备份时的不一致": {"files/documents/a1": b"something else"},
        "": {"database": b"no dump at all"},
    }
    with elsewhere(tmp_path / "elsewhere") as other:
        assert other.manage("restore", str(small)).returncode == 0
        (uploads(other) / "documents" / "a2").write_bytes(b"since then")
        for number, (says, changes) in enumerate(faults.items()):
            bad = rewritten(small, tmp_path / f"bad{number}", **changes)
            done = other.manage("restore", str(bad), "--replace")
            assert done.returncode == 1, says
            assert says in done.stderr, done.stderr
            assert other.rows("SELECT COUNT(*) FROM claims_settlement") == [(1,)]
            assert (uploads(other) / "documents" / "a2").read_bytes() == b"since then"
        assert "hold" in other.manage("verify_settlements").stdout


def test_a_proof_that_fails_brings_back_what_was_there(small, place, tmp_path):
    """The backup is whole, but what it saved was not right: nobody gets it in place of what is."""
    with elsewhere(tmp_path / "elsewhere") as other:
        assert other.manage("restore", str(small)).returncode == 0
        Accumulator.objects.update(value=F("value") + 1)
        wrong = tmp_path / "wrong.backup"
        assert place.manage("backup", str(wrong)).returncode == 0
        done = other.manage("restore", str(wrong), "--replace")
        assert done.returncode == 1
        assert "accumulators differ" in done.stderr
        assert other.manage("verify_accumulators").returncode == 0


def test_a_file_that_is_there_is_not_written_over(small, place):
    before = small.read_bytes()
    done = place.manage("backup", str(small))
    assert done.returncode == 1
    assert small.read_bytes() == before
    assert list(small.parent.glob("*.partial")) == []


def test_a_file_cut_short_is_told_from_a_backup(small, tmp_path):
    cut = tmp_path / "cut.backup"
    cut.write_bytes(small.read_bytes()[:-100])
    with elsewhere(tmp_path / "elsewhere") as other:
        done = other.manage("restore", str(cut))
        assert done.returncode == 1
        assert "cut.backup" in done.stderr


@pytest.mark.postgres
def test_nobody_else_may_be_at_work(small, tmp_path):
    with elsewhere(tmp_path / "elsewhere") as other, psycopg.connect(other.url, options=""):
        done = other.manage("restore", str(small))
        assert done.returncode == 1
        assert "另有 1 个连接" in done.stderr
