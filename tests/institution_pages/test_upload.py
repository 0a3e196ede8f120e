"""A file is dropped, its good rows are taken, the others told with how to mend them; a mended file doubles nothing."""

import csv
from io import BytesIO, StringIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from claims.models import Claim, ClaimBatch
from tests.api.system import adjudicate
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db

HOME = "/institution/"
HEADER = "申报号,人员编号,待遇类别,就诊日期,医保目录编码,项目名称,数量,单价,金额"


@pytest.fixture
def member(db):
    return MemberFactory()


def table(member, *rows) -> str:
    """A CSV file; a row is a claim's number and its date."""
    lines = [
        f"{number},{member.number},普通门诊,{day},A10BA02,二甲双胍,2,16.50,33.00" for number, day in rows
    ]
    return "\r\n".join([HEADER, *lines, ""])


def drop(site, text, name="三月.csv", **headers):
    data = text.encode("gb18030") if isinstance(text, str) else text
    file = BytesIO(data)
    file.name = name
    return site.post(HOME, {"file": file}, headers=headers)


def rows_of(answer) -> list[dict]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_from_the_empty_table_to_the_results(site, member, yantai):
    sent = drop(site, table(member, ("N1", "2023-03-01"), ("N2", "2023-02-30")))
    assert sent.status_code == 302
    batch = ClaimBatch.objects.get()
    assert (batch.stored, batch.refused, batch.source, batch.name) == (1, 1, "page", "三月.csv")
    assert batch.actor.username == "clinic"
    shown = site.get(sent["Location"])
    text = shown.content.decode()
    assert 'data-refresh="2000"' in text  # it follows while a claim waits
    [fault] = shown.context_data["faults"]
    assert (fault["row"], fault["place"], fault["number"]) == (3, "就诊日期", "N2")
    adjudicate()
    text = site.get(sent["Location"]).content.decode()
    assert "data-refresh" not in text
    assert "已结算" in text
    assert "33.00" in text
    [row] = rows_of(site.get(reverse("institution:faults", args=[batch.pk])))
    assert (row["行"], row["申报号"]) == ("3", "N2")
    assert row["说明及处理办法"]
    results = rows_of(site.get(reverse("institution:results", args=[batch.pk, "csv"])))
    assert [r["状态"] for r in results] == ["已结算", ""]


def test_the_mended_file_sent_again_doubles_nothing(site, member, yantai):
    drop(site, table(member, ("N1", "2023-03-01"), ("N2", "2023-02-30")))
    drop(site, table(member, ("N1", "2023-03-01"), ("N2", "2023-02-28")))
    second = ClaimBatch.objects.order_by("id").last()
    assert (second.stored, second.same, second.refused) == (1, 1, 0)
    assert Claim.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "a.csv"), (b"x", "a.xls"), (b"PK\x03\x04 no workbook", "a.xlsx"), (b"[{", "a.json")],
)
def test_a_file_that_cannot_be_read_says_so_and_leaves_nothing(site, content, name):
    answer = drop(site, content, name)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not ClaimBatch.objects.exists()


def test_a_file_over_its_limit_is_refused_unread(site, settings, monkeypatch):
    settings.API_MAX_BATCH_BYTES = 100
    monkeypatch.setattr(
        "django.http.request.HttpRequest.parse_file_upload", lambda *args: pytest.fail("was read")
    )
    answer = drop(site, b"x" * 100_000)
    assert answer.status_code == 413


def test_a_template_in_excel_comes_back_as_a_file_without_claims(site):
    """Its headers are the ones that are read, and every cell is text, so that numbers stay whole."""
    answer = site.get(reverse("institution:template", args=["xlsx"]))
    raw = b"".join(answer.streaming_content)
    sheet = load_workbook(BytesIO(raw)).active
    assert [sheet["A1"].value, sheet["B1"].value] == ["申报号", "人员编号"]
    assert sheet["B2"].number_format == "@"
    told = drop(site, raw, "空表.xlsx").content.decode()
    assert "申报" in told
    assert not ClaimBatch.objects.exists()


def test_a_template_in_english_has_the_apis_names(site):
    answer = site.get(reverse("institution:template", args=["csv"]), headers={"Accept-Language": "en"})
    assert b"".join(answer.streaming_content).decode("utf-8-sig").startswith("claim_number,member_number")


@pytest.mark.parametrize("name", ["template.pdf", "files/0190f2c6-7c10-7d2e-9f30-4b5c6d7e8f90/"])
def test_what_is_not_there_is_not_found(site, name):
    assert site.get(HOME + name).status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_whole_in_either_language(site, member, yantai, language):
    sent = drop(site, table(member, ("N1", "2023-03-01"), ("N2", "2023-02-30")))
    for where in (HOME, sent["Location"], HOME + "password/"):
        text = site.get(where, headers={"Accept-Language": language}).content.decode()
        assert "<html lang=" in text
        assert ("Change password" in text) == (language == "en")
