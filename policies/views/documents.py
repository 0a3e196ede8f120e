"""Documents: their texts as files with their hash, those that are cited and missing, and what waits for them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousFileOperation, ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from policies import access, passages, selectors
from policies.downloads import bytes_of, file_answer
from policies.models import DocumentFile, PolicyDocument
from policies.services.documents import TEXT, attach_file, register_cited
from policies.views.forms import AttachForm, CitedForm
from policies.views.rules import render
from policies.waiting import Waits, waiting_for


def page(admin, request, document: PolicyDocument):
    """A document: its text and files, the versions made from it, and what waits for it.

    `?clause=` marks the passage that a figure rests on.
    """
    may_attach = access.may(request.user, access.EDIT_DOCUMENTS, document.city_id)
    form = AttachForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if not may_attach:
            raise PermissionDenied
        if form.is_valid() and _attach(request, document, form):
            return HttpResponseRedirect(_address(document))
    versions = access.in_scope(selectors.with_last_word(), request.user)
    waits = [entry for entry in _waiting(request.user) if entry.document == document]
    files = list(document.files.all())
    (lines, fault), clause = _lines(files), request.GET.get("clause", "")
    marked = passages.cited(lines, clause)
    return render(
        admin,
        request,
        "policies/desk/document.html",
        document.number,
        document=document,
        original=document,
        files=files,
        lines=[(line, number in marked, number == marked.start) for number, line in enumerate(lines)],
        clause=clause,
        fault=fault,
        found=bool(marked),
        versions=versions.filter(document=document).select_related("city").order_by("city", "effective_from"),
        waits=waits,
        form=form if may_attach else None,
    )


def _lines(files: list[DocumentFile]) -> tuple[list[passages.Passage], str]:
    """The newest plain text among the files, cut at its clauses (none where it is a PDF or DOCX); and what is
    wrong with it, if something is."""
    stored = next((file for file in files if file.media_type == TEXT), None)
    if stored is None:
        return [], ""
    try:
        return passages.passages(bytes_of(stored).decode("utf-8-sig")), ""
    except OSError:
        problem = _("The file %(name)s is no longer where files are kept: upload it again.")
    except SuspiciousFileOperation:
        problem = _("The file %(name)s is no longer what was uploaded: its hash is another.")
    return [], problem % {"name": stored.name}


def _attach(request, document: PolicyDocument, form: AttachForm) -> bool:
    sent = form.cleaned_data["file"]
    try:
        attach_file(
            document=document,
            name=sent.name,
            data=sent.read(),
            actor=request.user,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
        )
    except ValidationError as refusal:
        form.add_error("file", refusal)
        return False
    messages.success(request, _("The file is attached, for ever: it is told from others by its hash."))
    return True


def download(admin, request, file: DocumentFile):
    """A document's file, as it was uploaded."""
    return file_answer(file)


def waiting(admin, request):
    """What waits for what: the parameters that documents still owe, and registering a document that is cited."""
    may_add = access.may(request.user, access.EDIT_DOCUMENTS)
    form = CitedForm(request.POST or None, initial={"number": request.GET.get("number", "")})
    if request.method == "POST":
        if not may_add:
            raise PermissionDenied
        if form.is_valid() and (document := _register(request, form)):
            return HttpResponseRedirect(_address(document))
    return render(
        admin,
        request,
        "policies/desk/waiting.html",
        _("What waits for what"),
        waits=_waiting(request.user),
        form=form if may_add else None,
    )


def _register(request, form: CitedForm) -> PolicyDocument | None:
    data = form.cleaned_data
    try:
        document = register_cited(
            number=data["number"],
            title=data["title"],
            city=None,
            actor=request.user,
            reason=data["reason"],
            at=timezone.now(),
        )
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
        return None
    messages.success(request, _("Registered as cited and not yet available."))
    return document


def _waiting(user) -> list[Waits]:
    """What waits, as far as it is of versions in someone's cities."""
    return waiting_for(timezone.localdate(), access.cities_of(user))


def _address(document: PolicyDocument) -> str:
    return reverse("admin:policies_policydocument_page", args=[document.pk])
