"""Which form an answer takes."""

from rest_framework.negotiation import DefaultContentNegotiation


class Negotiation(DefaultContentNegotiation):
    """As REST framework does it, but whoever takes anything, or the first form, gets that without reading on."""

    def select_renderer(self, request, renderers, format_suffix=None):
        first = renderers[0]
        asks_plainly = request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", first.media_type)
        if asks_plainly and not request.META.get("QUERY_STRING"):
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)
