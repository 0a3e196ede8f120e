"""Reading: the city's page, comparisons, a version as a document, documents and what waits for them."""

from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from policies import rows, store
from policies.files import read_upload
from policies.models import DocumentFile, PolicyDocument, PolicyVersion
from tests.admin.desk.office import CHANGCHUN, YANTAI, ZHENJIANG


def go(name, *args):
    return reverse(f"admin:policies_{name}", args=args)


# --- the city -------------------------------------------------------------------------------------------


def test_a_city_is_told_in_sentences(as_, desk):
    response = as_(desk.manager).get(go("city_page", YANTAI), {"on": "2023-05-01"})
    ordinary = response.context["said"][0]
    assert ordinary.sentences[2].text == "在职，三级：起付 800 元，基金支付 50%，年度限额 1,800 元"
    assert response.context["shown"] == desk.versions["2023-01-01"]


def test_what_is_left_to_another_document_looks_unset(as_, desk):
    response = as_(desk.manager).get(go("city_page", YANTAI))
    inpatient = next(said for said in response.context["said"] if said.benefit == "inpatient")
    assert inpatient.sentences[0].open
    assert "0" not in inpatient.sentences[0].text.replace("〔2022〕", "")


def test_its_line_has_past_versions_today_and_drafts_below(as_, desk):
    line = as_(desk.manager).get(go("city_page", YANTAI)).context["line"]
    assert [mark.entry.version.effective_from.year for mark in line.marks] == [2022, 2023, 2024]
    assert [mark.entry.version for mark in line.drafts] == [desk.draft]
    lefts = [mark.left for mark in line.marks]
    assert lefts == sorted(lefts)
    assert lefts[-1] < line.today <= 100


def test_before_the_first_version_claims_wait(as_, desk):
    response = as_(desk.manager).get(go("city_page", YANTAI), {"on": "2021-01-01"})
    assert response.context["shown"] is None
    assert 'class="empty"' in response.content.decode()


@pytest.mark.parametrize("day", ["2023-13-01", "yesterday"])
def test_a_day_that_is_none_says_so(as_, desk, day):
    response = as_(desk.manager).get(go("city_page", YANTAI), {"on": day})
    assert response.status_code == 200
    assert response.context["fault"]


def test_a_city_outside_ones_own_is_not_there(as_, desk):
    assert as_(desk.officer).get(go("city_page", ZHENJIANG)).status_code == 404
    assert as_(desk.officer).get(go("city_page", YANTAI)).status_code == 200


def test_the_list_of_cities_leads_there(as_, desk):
    assert go("city_page", YANTAI) in as_(desk.manager).get(go("city_changelist")).content.decode()


# --- comparisons ----------------------------------------------------------------------------------------


def test_any_two_versions_are_compared(as_, desk):
    first, last = desk.versions["2022-07-01"].pk, desk.versions["2023-01-01"].pk
    response = as_(desk.manager).get(go("policyversion_compare"), {"a": first, "b": last})
    told = [str(c.difference) for _title, changes in response.context["blocks"] for c in changes]
    assert "年度限额 在职: 900 → 1,800, 二(一)3" in told


def test_also_across_cities(as_, desk):
    zhenjiang = PolicyVersion.objects.get(city=ZHENJIANG)
    response = as_(desk.manager).get(go("policyversion_compare"), {"a": zhenjiang.pk, "b": desk.in_force.pk})
    assert response.context["count"] > 20


def test_a_version_outside_ones_cities_cannot_be_chosen(as_, desk):
    response = as_(desk.stranger).get(
        go("policyversion_compare"), {"a": desk.in_force.pk, "b": desk.draft.pk}
    )
    assert (response.context["old"], response.context["new"]) == (None, None)


def test_one_version_alone_is_compared_with_the_one_before(as_, desk):
    response = as_(desk.manager).get(go("policyversion_compare"), {"b": desk.draft.pk})
    assert response.context["old"] == desk.in_force


def test_all_cities_on_a_day_benefit_by_benefit(as_, desk):
    response = as_(desk.manager).get(go("policyversion_cities"), {"on": "2023-05-01"})
    columns = {city.pk: version for city, version in response.context["columns"]}
    assert columns[YANTAI] == desk.versions["2023-01-01"]
    assert columns[CHANGCHUN] is None
    lines = dict(response.context["lines"])
    assert lines.keys() >= {"普通门诊", "住院", "异地就医"}
    said = dict(lines["普通门诊"])
    assert said[columns[YANTAI]][2].text == "在职，三级：起付 800 元，基金支付 50%，年度限额 1,800 元"
    assert said[None] == ()


# --- the version ----------------------------------------------------------------------------------------


def test_a_new_draft_is_one_click_a_date_and_a_reason(as_, desk):
    officer = as_(desk.officer)
    address = go("policyversion_draft", desk.in_force.pk)
    assert "reason" in officer.post(address, {"effective_from": "2026-01-01"}).context["draft_form"].errors
    response = officer.post(address, {"effective_from": "2026-01-01", "reason": "下年度"})
    draft = PolicyVersion.objects.get(effective_from=date(2026, 1, 1))
    assert response.url == go("policyversion_edit", draft.pk)
    assert as_(desk.manager).post(address, {"reason": "x"}).context["problems"]
    assert as_(desk.officer).get(address).status_code == 404


def test_it_prints_as_a_document(as_, desk):
    text = as_(desk.manager).get(go("policyversion_paper", desk.in_force.pk)).content.decode()
    assert "一级及以下" in text
    assert "<form" not in text.split('class="page desk paper')[1].split("</main>")[0]


def test_it_is_a_pdf_that_is_the_same_each_time(as_, desk):
    client = as_(desk.manager)
    address = go("policyversion_pdf", desk.in_force.pk)
    response = client.get(address)
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert b"STSong-Light" in response.content
    assert client.get(address).content == response.content


@pytest.mark.parametrize("kind", ["yaml", "xlsx"])
def test_its_file_says_the_same(as_, desk, kind):
    response = as_(desk.officer).get(go(f"policyversion_{kind}", desk.draft.pk))
    content = read_upload(response.content, f"x.{kind}")
    assert rows.fingerprint(content) == rows.fingerprint(store.rows_of(desk.draft))


def test_a_draft_is_made_from_a_file(as_, desk):
    officer = as_(desk.officer)
    text = officer.get(go("policyversion_yaml", desk.draft.pk)).content
    text = text.replace(b"2025-01-01", b"2026-01-01", 1)
    sent = {"file": SimpleUploadedFile("yantai.yaml", text), "reason": "按文件录入"}
    response = officer.post(go("policyversion_upload"), sent)
    draft = PolicyVersion.objects.get(effective_from=date(2026, 1, 1))
    assert response.url == go("policyversion_change", draft.pk)


def test_every_fault_of_a_file_is_listed_by_its_path(as_, desk):
    text = "city: 370600\ndocument: 烟政办发〔2022〕17号\nlimits: [{amount: 1.234}]\ntier: {}\n"
    sent = {"file": SimpleUploadedFile("x.yaml", text.encode()), "reason": "按文件录入"}
    response = as_(desk.officer).post(go("policyversion_upload"), sent)
    assert {"limits[1].amount", "limits[1].pool", "tier"} <= {
        path for path, _text in response.context["faults"]
    }


def test_a_file_about_another_city_than_ones_own_makes_no_draft(as_, desk):
    text = as_(desk.officer).get(go("policyversion_yaml", desk.draft.pk)).content
    sent = {"file": SimpleUploadedFile("x.yaml", text), "reason": "按文件录入"}
    count = PolicyVersion.objects.count()
    response = as_(desk.stranger).post(go("policyversion_upload"), sent)
    assert response.context["problems"]
    assert PolicyVersion.objects.count() == count


# --- documents ------------------------------------------------------------------------------------------


@pytest.fixture
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.usefixtures("_media")
def test_a_text_is_attached_with_its_hash_and_comes_back_as_it_was(as_, desk):
    document = PolicyDocument.objects.get(number="烟政办发〔2022〕17号")
    officer = as_(desk.officer)
    data = b"%PDF-1.7 text"
    sent = {"file": SimpleUploadedFile("17.pdf", data), "reason": "附原文"}
    assert officer.post(go("policydocument_page", document.pk), sent).status_code == 302
    file = DocumentFile.objects.get()
    assert file.sha256 in officer.get(go("policydocument_page", document.pk)).content.decode()
    response = as_(desk.manager).get(go("documentfile_download", file.pk))
    assert b"".join(response.streaming_content) == data
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "attachment" in response["Content-Disposition"]


@pytest.mark.usefixtures("_media")
def test_what_is_no_document_is_refused_beside_its_field(as_, desk):
    document = PolicyDocument.objects.get(number="烟政办发〔2022〕17号")
    sent = {"file": SimpleUploadedFile("17.pdf", b"\x00\x01"), "reason": "附原文"}
    response = as_(desk.officer).post(go("policydocument_page", document.pk), sent)
    assert "file" in response.context["form"].errors
    assert as_(desk.manager).post(go("policydocument_page", document.pk), sent).status_code == 403


def test_nobody_downloads_without_a_login(client, desk):
    assert client.get(go("documentfile_download", 1)).status_code == 302


def test_what_waits_for_what_is_listed_within_ones_cities(as_, desk):
    waits = as_(desk.manager).get(go("policydocument_waiting")).context["waits"]
    names = [entry.name for entry in waits if entry.parameters]
    assert "长春市职工医保住院待遇规定" in names
    theirs = as_(desk.reviewer).get(go("policydocument_waiting")).context["waits"]
    cities = {p.version.city_id for entry in theirs for p in entry.parameters}
    assert cities == {YANTAI}


def test_a_cited_document_is_registered_before_anybody_has_it(as_, desk):
    officer = as_(desk.officer)
    sent = {"number": "鲁医保发〔2023〕1号", "title": "", "reason": "文中引用"}
    officer.post(go("policydocument_waiting"), sent)
    assert PolicyDocument.objects.get(number="鲁医保发〔2023〕1号").available is False
    again = officer.post(go("policydocument_waiting"), sent)
    assert again.context["form"].errors


PAGE_TEXT = "实施意见\n二、主要任务\n（一）普通门诊\n1. 起付标准。\n2. 支付比例。\n"


def _attached(as_, desk, data: bytes, name: str):
    document = PolicyDocument.objects.get(number="烟政办发〔2022〕17号")
    sent = {"file": SimpleUploadedFile(name, data), "reason": "附原文"}
    as_(desk.officer).post(go("policydocument_page", document.pk), sent)
    return go("policydocument_page", document.pk)


@pytest.mark.usefixtures("_media")
def test_a_text_is_shown_with_the_passage_that_a_figure_rests_on(as_, desk):
    address = _attached(as_, desk, PAGE_TEXT.encode(), "17.txt")
    text = as_(desk.manager).get(address, {"clause": "二(一)2"}).content.decode()
    assert '<p id="clause" class="depth-3"><mark>2. 支付比例。</mark></p>' in text
    assert "<mark>1. 起付标准。" not in text


@pytest.mark.usefixtures("_media")
@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (PAGE_TEXT.encode(), "17.txt", "下方正文中未找到条款 九(一)"),
        (b"%PDF-1.7 text", "17.pdf", "条款 九(一) 见下方文件"),
        (None, "", "上传文件正文后，此处可显示条款 九(一)"),
    ],
)
def test_a_clause_that_cannot_be_shown_says_why(as_, desk, data, name, said):
    address = go("policydocument_page", PolicyDocument.objects.get(number="烟政办发〔2022〕17号").pk)
    if data is not None:
        _attached(as_, desk, data, name)
    assert said in as_(desk.manager).get(address, {"clause": "九(一)"}).content.decode()


@pytest.mark.usefixtures("_media")
@pytest.mark.parametrize(
    ("spoil", "said"),
    [(lambda path: path.unlink(), "已不在存放位置"), (lambda path: path.write_bytes(b"x"), "摘要不符")],
)
def test_a_file_that_is_gone_or_changed_says_so_on_its_page(as_, desk, spoil, said):
    address = _attached(as_, desk, PAGE_TEXT.encode(), "17.txt")
    spoil(Path(DocumentFile.objects.get().file.path))
    answer = as_(desk.manager).get(address, {"clause": "二(一)2"})
    assert answer.status_code == 200
    assert said in answer.content.decode()


def test_in_the_table_of_all_cities_each_clause_is_a_link_to_its_own_document(as_, desk):
    text = as_(desk.manager).get(go("policyversion_cities"), {"on": "2024-05-01"}).content.decode()
    for number in ("烟政办发〔2022〕17号", "镇政办发〔2022〕73号"):
        assert go("policydocument_page", PolicyDocument.objects.get(number=number).pk) + "?clause=" in text
