"""Files that mean harm get a clear answer, and no file takes more than 300 MB of memory."""

import json
import subprocess
import sys

import pytest

MOST_MEMORY = 300 * 2**20
# Reads a file as the service does, in a process of its own, and tells what came of it and how large it became.
READ = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django; django.setup()
import json
from claims.batch_files import read_entries
from claims.faults import Refused
from claims.services.batches import _read
path, format = sys.argv[1:]
told = {}
with open(path, "rb") as file:
    try:
        read = _read(read_entries(file, format, registered=set), None)
        told["good"], told["bad"] = len(read.good), len(read.bad)
        told["codes"] = sorted({fault[3] for *_, faults in read.bad for fault in json.loads(faults)})
    except Refused as refused:
        told["refused"] = [fault.code for fault in refused.faults]
# Not ru_maxrss, in which a child begins as large as its parent was.
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
told["memory"] = int(peak) * 1024
print(json.dumps(told))
"""
CASES = {
    "million_empty_rows": ("xlsx", {"good": 2, "bad": 0, "codes": []}),
    "million_rows_of_styled_cells": ("xlsx", {"refused": ["workbook_too_large"]}),
    "bomb": ("xlsx", {"refused": ["workbook_too_large"]}),
    "bomb_that_lies": ("xlsx", {"refused": ["no_workbook"]}),
    "shared_texts": ("xlsx", {"refused": ["workbook_too_large"]}),
    "laughs": ("xlsx", {"refused": ["workbook_with_entities"]}),
    "outside": ("xlsx", {"refused": ["workbook_with_entities"]}),
    "far_cell": ("xlsx", {"refused": ["too_many_columns"]}),
    "wide_csv": ("csv", {"refused": ["malformed_csv"]}),
    "many_rows": ("csv", {"refused": ["too_many_rows"]}),
    "many_elements": ("json", {"refused": ["too_many_claims"]}),
    "one_long_text": ("json", {"good": 0, "bad": 1, "codes": ["required", "too_long"]}),
    "many_faults": ("json", None),
    "full": ("csv", {"good": 10_000, "bad": 0, "codes": []}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_answered_within_memory(name, tmp_path):
    from tests.claims.batches import hostile

    format, expected = CASES[name]
    path = tmp_path / name
    path.write_bytes(getattr(hostile, name)())
    done = subprocess.run(
        [sys.executable, "-c", READ, path, format], capture_output=True, text=True, timeout=120, check=True
    )
    told = json.loads(done.stdout)
    assert told.pop("memory") < MOST_MEMORY
    if expected is not None:
        assert told == expected
