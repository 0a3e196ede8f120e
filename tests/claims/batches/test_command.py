"""`import_claims`: the same from the command line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from claims.models import Claim, ClaimBatch
from tests.claims.batches.conftest import numbered

pytestmark = pytest.mark.django_db

HEADER = "申报号,人员编号,待遇类别,就诊日期,医保目录编码,数量,单价,金额\n"
GOOD = "C1,370600198005010017,普通门诊,2023/3/1,A1,1,1,1\n"
BAD = "C2,3.70600198005E+17,普通门诊,2023/2/30,A1,1,1,1\n"


@pytest.fixture
def run(clinic, tmp_path):
    def run(text: str, name="三月.csv", **options):
        file = tmp_path / name
        file.write_bytes(text.encode("gbk"))
        out, err = StringIO(), StringIO()
        options = {"institution": clinic.code} | options
        try:
            call_command("import_claims", file, stdout=out, stderr=err, **options)
        except CommandError as error:
            return out.getvalue(), err.getvalue(), str(error)
        return out.getvalue(), err.getvalue(), ""

    return run


def test_takes_in_the_good_rows_tells_the_bad_ones_and_fails(run, clinic, tmp_path):
    out, err, failed = run(HEADER + GOOD + BAD, faults=tmp_path / "faults.csv")
    assert "共 2 笔：本次受理 1 笔，此前已受理 0 笔，未受理 1 笔" in out
    assert "第 3 行 member_number C2" in err
    assert "3.70600198005E+17" not in err
    assert failed
    [batch] = ClaimBatch.objects.all()
    assert (batch.institution, batch.source, batch.name) == (clinic, "command", "三月.csv")
    report = (tmp_path / "faults.csv").read_text("utf-8-sig").splitlines()
    assert len(report) == 3
    assert "mangled" in report[1]


def test_a_mended_file_adds_only_what_was_refused(run):
    run(HEADER + GOOD + BAD)
    out, _err, failed = run(HEADER + GOOD + GOOD.replace("C1", "C2"))
    assert "本次受理 1 笔，此前已受理 1 笔" in out
    assert failed == ""
    assert Claim.objects.count() == 2


def test_under_a_key_a_file_is_taken_in_once(run):
    run(HEADER + GOOD, key="K")
    out, _err, failed = run(HEADER + GOOD, key="K")
    assert "此前已导入" in out
    assert failed == ""
    assert "什么都没有保存" in run(HEADER + GOOD.replace("C1", "C9"), key="K")[2]
    assert ClaimBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"institution": "H-nobody"}, "H-nobody"),
        ({"user": "nobody"}, "nobody"),
        ({"name": "claims.doc"}, "--format"),
        ({"text": "a,b\n"}, "claim_number / 申报号"),
    ],
)
def test_says_what_it_cannot_do_and_stores_nothing(run, options, told):
    options = {"text": HEADER + GOOD} | options
    assert told in run(**options)[2]
    assert not ClaimBatch.objects.exists()


def test_an_absent_file_is_told(clinic, tmp_path):
    with pytest.raises(CommandError, match=r"absent\.csv"):
        call_command("import_claims", tmp_path / "absent.csv", institution=clinic.code)


def test_json_needs_no_table(clinic, tmp_path):
    from tests.api.bodies import encoded

    file = tmp_path / "claims.json"
    file.write_bytes(encoded(numbered("C1", "C2")))
    call_command("import_claims", file, institution=clinic.code, stdout=StringIO())
    assert {claim.source for claim in Claim.objects.all()} == {"file"}
