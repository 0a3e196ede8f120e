"""Published policy versions for everybody: read only, without a key, to be cached."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Max
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag, urlencode
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from policies import selectors, store
from policies.api import schema
from policies.api.query import VersionsQuery, read_query
from policies.api.shapes import parameters, summary
from policies.models import PolicyVersion, VersionTransition

PAGE_SIZE = 100
# A publication is seen by everybody at the latest after so many seconds.
MAX_AGE = 300


class PublicView(APIView):
    """Answers that anybody may keep for a while, and ask again whether they still hold."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def cached(self, request: Request, data: dict[str, Any], changed_at: datetime | None) -> HttpResponseBase:
        """The answer, or 304 where the caller has it."""
        etag = quote_etag(hashlib.sha256(msgspec.json.encode(data)).hexdigest()[:32])
        modified = None if changed_at is None else int(changed_at.timestamp())
        response = Response(data)
        response["ETag"] = etag
        response["Cache-Control"] = f"public, max-age={MAX_AGE}"
        if modified is not None:
            response["Last-Modified"] = http_date(modified)
        # An unrendered answer is only asked for its headers and status.
        return get_conditional_response(
            request._request, etag=etag, last_modified=modified, response=response
        )

    def options(self, request: Request, *args, **kwargs) -> Response:
        """The methods, in the Allow header; what they mean is in the schema."""
        return Response(status=204)


class PoliciesView(PublicView):
    @schema.list_policies
    def get(self, request: Request) -> HttpResponseBase:
        query = read_query(request.query_params)
        index = selectors.version_index()
        versions = list(_chosen(query, index).select_related("city", "document")[: PAGE_SIZE + 1])
        following = None
        if len(versions) > PAGE_SIZE:
            versions = versions[:PAGE_SIZE]
            given = {
                name: request.query_params[name] for name in ("city", "on") if name in request.query_params
            }
            following = f"{reverse('policies')}?{urlencode({**given, 'cursor': versions[-1].pk})}"
        results = [summary(version, index.by_city) for version in versions]
        return self.cached(request, {"results": results, "next": following}, _changed_at(query.city))


def _chosen(query: VersionsQuery, index: selectors.VersionIndex):
    found = selectors.published().filter(pk__gt=query.cursor).order_by("pk")
    if query.city is not None:
        found = found.filter(city=query.city)
    if query.on is not None:
        entries = [index.entry(city, query.on) for city in index.by_city]
        found = found.filter(pk__in=[entry.version_id for entry in entries if entry])
    return found


class PolicyView(PublicView):
    @schema.read_policy
    def get(self, request: Request, version_id: int) -> HttpResponseBase:
        found = selectors.published().select_related("city", "document")
        try:
            version = found.get(pk=version_id)
        except (PolicyVersion.DoesNotExist, OverflowError):
            raise NotFound from None
        data = summary(version, selectors.version_index().by_city)
        data["parameters"] = parameters(store.rows_of(version))
        return self.cached(request, data, _changed_at(version.city_id))


def _changed_at(city: str | None) -> datetime | None:
    """When the published versions of a city (None: of any) last changed."""
    kinds = (VersionTransition.Kind.PUBLISHED, VersionTransition.Kind.WITHDRAWN)
    changes = VersionTransition.objects.filter(kind__in=kinds, version__published_at__isnull=False)
    if city is not None:
        changes = changes.filter(version__city=city)
    return changes.aggregate(last=Max("at"))["last"]
