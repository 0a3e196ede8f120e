"""Documents: their texts with a hash, kept and handed out unchanged; those not yet there, with what waits for them."""

import hashlib
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from policies import library
from policies.downloads import bytes_of, file_answer
from policies.models import City, DocumentFile, PolicyDocument
from policies.services.documents import DOCX, MAX_BYTES, PDF, TEXT, attach_file, register_cited
from policies.waiting import waiting_for
from tests.policies.build import CHANGCHUN, CHONGQING, YANTAI, content, day, published
from tests.policies.build import draft as loaded_draft
from tests.policies.desk.people import AT

PDF_DATA = b"%PDF-1.7\n..."


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def document(register):
    return PolicyDocument.objects.get(number="烟政办发〔2022〕17号")


def docx() -> bytes:
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return stream.getvalue()


def attach(document, people, data=PDF_DATA, name="实施意见.pdf"):
    return attach_file(document=document, name=name, data=data, actor=people.officer, reason="上传", at=AT)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(PDF_DATA, PDF), (docx(), DOCX), ("正文".encode(), TEXT), ("\ufeff正文".encode(), TEXT)],
)
def test_a_file_is_kept_with_its_hash_and_kind(data, media_type, document, people):
    stored = attach(document, people, data)
    assert (stored.media_type, stored.size, stored.sha256) == (
        media_type,
        len(data),
        hashlib.sha256(data).hexdigest(),
    )
    assert (stored.uploaded_by, stored.uploaded_by_name, stored.at) == (people.officer, "policy-officer", AT)
    assert stored.file.name == f"documents/{stored.sha256}"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02", "Only PDF, DOCX and plain text"),
        (b"MZ\x90\x00\xff\xfe", "Only PDF, DOCX and plain text"),
        ("正文".encode("gbk"), "Only PDF, DOCX and plain text"),
        (b"PK\x03\x04 no archive \x00", "Only PDF, DOCX and plain text"),
        (b"x" * (MAX_BYTES + 1), "larger than 20 MB"),
    ],
)
def test_anything_else_is_refused(data, said, document, people):
    with pytest.raises(ValidationError, match=said):
        attach(document, people, data)
    assert not DocumentFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\文件\\意见.pdf", "意见.pdf"),
        ("a\r\nb.pdf", "ab.pdf"),
        ("..", ".."),
    ],
)
def test_no_name_is_ever_a_path(name, kept, document, people):
    stored = attach(document, people, name=name)
    assert (stored.name, stored.file.name) == (kept, f"documents/{stored.sha256}")


def test_the_same_bytes_again_are_the_same_file(document, people):
    assert attach(document, people) == attach(document, people, name="又一份.pdf")
    assert document.files.count() == 1


def test_a_file_is_handed_out_as_it_came_and_never_run(document, people):
    stored = attach(document, people)
    answer = file_answer(stored)
    assert b"".join(answer.streaming_content) == PDF_DATA
    assert answer["Content-Type"] == PDF
    assert answer["Content-Disposition"].startswith("attachment;")
    assert (answer["X-Content-Type-Options"], answer["Content-Security-Policy"]) == ("nosniff", "sandbox")
    assert "no-store" in answer["Cache-Control"]


def test_a_file_that_was_changed_on_the_disk_is_not_handed_out(document, people, settings):
    stored = attach(document, people)
    (settings.MEDIA_ROOT / stored.file.name).write_bytes(b"%PDF-1.7 other")
    with pytest.raises(SuspiciousFileOperation):
        file_answer(stored)


def test_files_are_append_only(document, people):
    stored = attach(document, people)
    for action in (lambda: DocumentFile.objects.update(name="x"), stored.delete):
        with (
            pytest.raises((IntegrityError, Exception), match=r"append-only|permission denied"),
            transaction.atomic(),
        ):
            action()


def test_no_address_serves_uploads(document, people, client):
    stored = attach(document, people)
    for address in (f"/media/{stored.file.name}", f"/{stored.file.name}"):
        assert client.get(address).status_code == 404


def test_a_cited_document_is_registered_and_available_once_its_text_is_there(register, people):
    city = City.objects.get(pk=YANTAI)
    cited = register_cited(
        number=" 烟医保发〔2023〕5号 ",
        title="门诊慢特病规定",
        city=city,
        actor=people.officer,
        reason="文中引用",
        at=AT,
    )
    assert (cited.number, cited.kind, cited.available) == ("烟医保发〔2023〕5号", "cited", False)
    assert cited.history.get().history_user == people.officer
    attach(cited, people)
    cited.refresh_from_db()
    assert cited.available
    assert cited.history.first().history_change_reason == "上传"
    with pytest.raises(ValidationError):
        register_cited(number=cited.number, title="", city=None, actor=people.officer, reason="x", at=AT)


# --- What waits -----------------------------------------------------------------------------------


def waits(cities=None, on="2023-06-01"):
    return {entry.name: entry for entry in waiting_for(day(on), cities)}


def test_what_waits_for_a_document_is_listed_with_it(register, hooks):
    version = loaded_draft(content(CHANGCHUN, "2023-01-01"))
    entry = waits()["长医保办〔2020〕9号"]
    assert entry.document.number == "长医保办〔2020〕9号"
    [parameter] = entry.parameters
    assert (parameter.version, parameter.statement.place, parameter.statement.clause) == (
        version,
        "benefits.special.other_rules.Z49",
        "三(五)",
    )


def test_names_that_no_document_has_are_listed_the_most_wanted_first(register, hooks):
    loaded_draft(content(CHANGCHUN, "2023-01-01"))
    first = waiting_for(day("2023-06-01"))[0]
    assert (first.name, first.document) == ("长春市职工医保住院待遇规定", None)
    assert len(first.parameters) > 5


def test_a_document_for_which_nothing_waits_is_listed_too(register, hooks):
    assert waits()["国办发〔2021〕14号"].parameters == ()


def test_only_what_still_matters_waits(register, hooks):
    """The superseded version lacked the employed credit; the one in force does not."""
    for stem in ("2022-07-01", "2023-01-01", "2024-01-01"):
        published(content(YANTAI, stem))
    name = next(c.waits_for for c in content(YANTAI, "2022-07-01").account_credits if c.waits_for)
    assert name in waits(on="2022-08-01")
    assert name not in waits(on="2023-06-01")
    scheduled = next(c.waits_for for c in content(YANTAI, "2024-01-01").account_credits if c.waits_for)
    assert scheduled in waits(on="2023-06-01")


def test_by_city(register, hooks):
    loaded_draft(content(CHANGCHUN, "2023-01-01"))
    loaded_draft(content(CHONGQING, "2023-01-01"))
    found = waits(cities={CHONGQING})
    assert found["职工医保门诊共济保障实施细则"].parameters
    assert not found["长医保办〔2020〕9号"].parameters


def test_more_versions_take_no_more_queries(register, hooks):
    counts = []
    for city, when in ((CHANGCHUN, "2023-01-01"), (CHONGQING, "2023-01-01"), (YANTAI, "2022-07-01")):
        loaded_draft(content(city, when))
        with CaptureQueriesContext(connection) as queries:
            waiting_for(day("2023-06-01"))
        counts.append(len(queries))
    assert len(set(counts)) == 1


# --- the project's own texts ------------------------------------------------------------------------------


def test_the_project_s_texts_are_attached_by_the_command_with_their_hash(db):
    call_command("load_policies", str(library.DOCUMENTS), verbosity=0, stdout=StringIO())
    files = {file.document.number: file for file in DocumentFile.objects.select_related("document")}
    entries = {entry.number: entry for entry in library.read_register().documents if entry.text}
    assert files.keys() == entries.keys()
    assert len(files) == 5
    for number, file in files.items():
        data = entries[number].text.read_bytes()
        assert file.sha256 == hashlib.sha256(data).hexdigest()
        assert bytes_of(file) == data
        assert (file.uploaded_by, file.uploaded_by_name) == (None, "load_policies")
        assert entries[number].available


def test_loading_again_attaches_nothing_twice(db):
    for _time in range(2):
        call_command("load_policies", str(library.DOCUMENTS), verbosity=0, stdout=StringIO())
    assert DocumentFile.objects.count() == 5


def test_the_same_bytes_of_two_documents_are_kept_once(register, people, settings):
    numbers = ("烟政办发〔2022〕17号", "汴政办〔2022〕33号")
    first, second = (attach(PolicyDocument.objects.get(number=number), people) for number in numbers)
    assert first.file.name == second.file.name
    assert len(list((settings.MEDIA_ROOT / "documents").iterdir())) == 1


def test_bytes_that_were_spoilt_on_the_disk_are_kept_anew(register, people, settings):
    first = attach(PolicyDocument.objects.get(number="烟政办发〔2022〕17号"), people)
    (settings.MEDIA_ROOT / first.file.name).write_bytes(b"%PDF-1.7 other")
    second = attach(PolicyDocument.objects.get(number="汴政办〔2022〕33号"), people)
    assert bytes_of(second) == PDF_DATA
