"""Files of claims, and what became of them. Every answer is about the caller's own batches."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api import batch_schema as schema
from claims.api.problems import Conflict, current_language
from claims.api.uploads import format_of, idempotency_key_of, spooled
from claims.api.views import InstitutionView
from claims.batch_presentation import batch_view, result_view, results_csv, results_xlsx
from claims.batch_results import Progress, batch_of, progress_at_receipt, progress_of, results_of
from claims.faults import Fault, Refused
from claims.models import ClaimBatch
from claims.services.batches import OtherContent, receive


class _Batches(InstitutionView):
    def own_batch(self, batch_id: UUID) -> ClaimBatch:
        try:
            return batch_of(self.request.user.institution, batch_id)
        except ClaimBatch.DoesNotExist:
            raise NotFound from None

    def shown(self, batch: ClaimBatch, progress: Progress) -> dict[str, Any]:
        address = partial(reverse, kwargs={"batch_id": batch.pk})
        links = {
            "self": address("claim-batch"),
            "results": address("claim-batch-results"),
            "claims": f"{reverse('claims')}?batch={batch.pk}",
        }
        return batch_view(batch, progress, links)


class BatchesView(_Batches):
    queues = True

    # The body is a file, whatever it is; REST framework does not read it.
    parser_classes = []

    @schema.send_batch
    def post(self, request: Request) -> Response:
        format, charset = format_of(request)
        key = idempotency_key_of(request)
        with spooled(request) as file:
            try:
                received = receive(
                    institution=request.user.institution,
                    file=file,
                    format=format,
                    charset=charset,
                    idempotency_key=key,
                    at=timezone.now(),
                )
            except OtherContent:
                raise Conflict("duplicate_batch") from None
        progress = progress_at_receipt if received.new else progress_of
        view = self.shown(received.batch, progress(received.batch))
        return Response(
            view, status=202 if received.new else 200, headers={"Location": view["links"]["self"]}
        )


class BatchView(_Batches):
    @schema.read_batch
    def get(self, request: Request, batch_id: UUID) -> Response:
        batch = self.own_batch(batch_id)
        return Response(self.shown(batch, progress_of(batch)))


class _File(BaseRenderer):
    """Stands for a format in the choice by Accept or ?format=; the view writes it itself."""

    def render(self, data, accepted_media_type=None, renderer_context=None):
        raise NotImplementedError


class CsvFile(_File):
    media_type, format = "text/csv", "csv"


class XlsxFile(_File):
    media_type, format = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"


class BatchResultsView(_Batches):
    renderer_classes = [JSONRenderer, CsvFile, XlsxFile]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple:
        formats = tuple(renderer.format for renderer in self.renderer_classes)
        if request.query_params.get("format", "json") not in formats:
            raise Refused([Fault("?format", "invalid_choice", {"allowed": formats})])
        return super().perform_content_negotiation(request, force)

    @schema.read_results
    def get(self, request: Request, batch_id: UUID) -> HttpResponseBase:
        batch, language = self.own_batch(batch_id), current_language()
        format, results = request.accepted_renderer.format, results_of(batch)
        name = f"results-{batch.pk}.{format}"
        if format == "csv":
            answer = StreamingHttpResponse(
                results_csv(results, language), content_type="text/csv; charset=utf-8"
            )
            answer["Content-Disposition"] = f'attachment; filename="{name}"'
            return answer
        if format == "xlsx":
            file = results_xlsx(results, language)
            return FileResponse(file, as_attachment=True, filename=name, content_type=XlsxFile.media_type)
        return Response({"batch": str(batch.pk), "results": [result_view(one, language) for one in results]})
