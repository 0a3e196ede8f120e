"""load_policies and export_policy: the project's files in, the same files out."""

import io

import pytest
from django.core.management import CommandError, call_command

from policies import library, selectors
from policies.models import City, FrameworkBound, PolicyDocument, PolicyVersion
from tests.policies.build import CHANGCHUN, CHONGQING, YANTAI, day

pytestmark = pytest.mark.usefixtures("db", "hooks")


def run(*args):
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command(*args, stdout=out, stderr=err)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), err.getvalue()


def states():
    found = PolicyVersion.objects.order_by("city_id", "effective_from")
    return {f"{v.city_id}-{v.effective_from}": v.is_published for v in found}


def test_what_the_texts_date_is_published_and_the_rest_are_drafts():
    code, _out, err = run("load_policies")
    assert (code, err) == (0, "")
    assumed = (CHANGCHUN, CHONGQING)
    assert states() == {path.stem: not path.stem.startswith(assumed) for path in library.version_files()}
    assert City.objects.count() == 5
    assert FrameworkBound.objects.filter(city=CHONGQING).count() == 3
    assert not PolicyDocument.objects.get(number="长医保办〔2020〕9号").available


def test_loading_again_changes_nothing():
    run("load_policies")
    before = (states(), PolicyVersion.history.count(), City.history.count(), PolicyDocument.history.count())
    code, out, _err = run("load_policies")
    assert code == 0
    assert out.count("there already") == 10
    assert "documents.yaml: 0 records changed" in out
    assert before == (
        states(),
        PolicyVersion.history.count(),
        City.history.count(),
        PolicyDocument.history.count(),
    )


def test_assumed_versions_are_published_on_request_and_marked():
    run("load_policies")
    code, _out, _err = run("load_policies", "--publish-assumed")
    assert code == 0
    assert all(states().values())
    version = selectors.published_for(CHANGCHUN, day("2023-01-01"))
    assert version.effective_basis == "assumed"
    assert "For demonstration" in version.transitions.get(kind="published").reason


def test_drafts_only():
    run("load_policies", "--drafts-only")
    assert set(states().values()) == {False}


@pytest.mark.parametrize("path", library.version_files(), ids=lambda path: path.stem)
def test_an_exported_version_is_the_file_that_was_loaded(path, tmp_path):
    run("load_policies", str(library.DOCUMENTS), str(path), "--publish-assumed")
    city, effective_from = path.stem.split("-", 1)
    target = tmp_path / "export.yaml"
    run("export_policy", city, effective_from, "--output", str(target))
    assert target.read_bytes() == path.read_bytes()
    _code, out, _err = run("export_policy", city, effective_from)
    assert out == path.read_text(encoding="utf-8")
    assert "there already" in run("load_policies", str(target))[1]


def test_a_draft_is_exported_where_nothing_is_published():
    run("load_policies", "--drafts-only")
    _code, out, _err = run("export_policy", YANTAI, "2023-01-01")
    assert out == (library.DATA / "370600-2023-01-01.yaml").read_text(encoding="utf-8")


def test_exporting_what_is_not_there():
    with pytest.raises(CommandError, match="has no version for 2021-01-01"):
        call_command("export_policy", YANTAI, "2021-01-01")


def test_a_file_that_differs_becomes_a_draft_correction(tmp_path):
    run("load_policies")
    text = (library.DATA / "370600-2023-01-01.yaml").read_text(encoding="utf-8")
    (tmp_path / "correction.yaml").write_text(text.replace("1800.00", "1900.00"), encoding="utf-8")
    code, out, _err = run("load_policies", str(tmp_path))
    assert (code, "draft correction, revision 2" in out) == (0, True)
    assert selectors.terms_in_force(YANTAI, day("2023-05-01")).limits[0].amount.value == 180_000


def test_a_faulty_file_is_reported_and_keeps_the_others_out_of_nothing(tmp_path):
    run("load_policies", str(library.DOCUMENTS))
    text = (library.DATA / "370600-2023-01-01.yaml").read_text(encoding="utf-8")
    (tmp_path / "a.yaml").write_text(text.replace("0.70", "70"), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(
        text.replace("back_payment_restores: true", "waiting: {}"), encoding="utf-8"
    )
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    code, _out, err = run("load_policies", str(tmp_path), str(tmp_path / "missing.yaml"))
    assert code == 1
    assert "a.yaml: benefits.ordinary.terms.level 1.employed.rate: must be a fraction" in err
    assert "b.yaml: Entitlement / paying arrears later: whether paying arrears later restores" in err
    assert "missing.yaml" in err
    assert states() == {"370600-2023-01-01": True}


def test_a_faulty_register_is_reported(tmp_path):
    path = tmp_path / "documents.yaml"
    path.write_text(
        "cities: {12: {name: X}}\ndocuments: {A: {kind: letter}}\nbounds: [{city: 500000, rule: min_rate}]"
    )
    code, _out, err = run("load_policies", str(path))
    assert code == 1
    for place in ("cities.12", "documents.A.kind", "bounds[1].rate", "bounds[1].document"):
        assert place in err
