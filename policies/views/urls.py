"""The pages of the policy desk: address, permission and what each is about, in one list."""

from policies import access
from policies.models import City, DocumentFile, PolicyDocument, PolicyVersion
from policies.views import cases, city, compare, documents, edit, paper, review, upload, version
from policies.views.rules import CASE, CITY, DOCUMENT, FILE, VERSION, Page

READ, MAKE, EDIT = access.VIEW_VERSIONS, access.MAKE_DRAFTS, access.EDIT_DRAFTS
_V = "policies_policyversion"

PAGES = (
    Page(PolicyVersion, "compare/", f"{_V}_compare", compare.page, READ),
    Page(PolicyVersion, "cities/", f"{_V}_cities", compare.cities, READ),
    Page(PolicyVersion, "from-file/", f"{_V}_upload", upload.page, MAKE),
    Page(PolicyVersion, "<int:pk>/change/", f"{_V}_change", version.page, READ, VERSION),
    Page(PolicyVersion, "<int:pk>/draft/", f"{_V}_draft", version.make_draft, READ, VERSION, post_only=True),
    Page(PolicyVersion, "<int:pk>/edit/", f"{_V}_edit", edit.page, EDIT, VERSION),
    Page(PolicyVersion, "<int:pk>/review/", f"{_V}_review", review.page, READ, VERSION),
    Page(PolicyVersion, "<int:pk>/step/", f"{_V}_step", review.step, READ, VERSION, post_only=True),
    Page(
        PolicyVersion,
        "<int:pk>/remark/",
        f"{_V}_remark",
        review.remark,
        access.COMMENT,
        VERSION,
        post_only=True,
    ),
    Page(PolicyVersion, "<int:pk>/cases/", f"{_V}_cases", cases.page, READ, VERSION),
    Page(PolicyVersion, "<int:pk>/cases/add/", f"{_V}_case_add", cases.add, EDIT, VERSION),
    Page(PolicyVersion, "cases/<int:pk>/", f"{_V}_case", cases.change, EDIT, CASE),
    Page(
        PolicyVersion, "cases/<int:pk>/remove/", f"{_V}_case_remove", cases.remove, EDIT, CASE, post_only=True
    ),
    Page(PolicyVersion, "<int:pk>/document/", f"{_V}_paper", paper.page, READ, VERSION),
    Page(PolicyVersion, "<int:pk>/document.pdf", f"{_V}_pdf", paper.pdf, READ, VERSION),
    Page(PolicyVersion, "<int:pk>/version.yaml", f"{_V}_yaml", paper.as_yaml, READ, VERSION),
    Page(PolicyVersion, "<int:pk>/version.xlsx", f"{_V}_xlsx", paper.as_xlsx, READ, VERSION),
    Page(City, "<str:pk>/page/", "policies_city_page", city.page, READ, CITY),
    Page(
        PolicyDocument,
        "waiting/",
        "policies_policydocument_waiting",
        documents.waiting,
        access.VIEW_DOCUMENTS,
    ),
    Page(
        PolicyDocument,
        "<int:pk>/page/",
        "policies_policydocument_page",
        documents.page,
        access.VIEW_DOCUMENTS,
        DOCUMENT,
    ),
    Page(
        DocumentFile,
        "<int:pk>/download/",
        "policies_documentfile_download",
        documents.download,
        access.VIEW_DOCUMENTS,
        FILE,
    ),
)


def patterns(admin) -> list:
    """The addresses of the desk's pages under one model's admin."""
    return [page.pattern(admin) for page in PAGES if page.model is admin.model]
