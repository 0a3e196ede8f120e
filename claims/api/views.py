"""The institutions' API, one claim at a time. Every answer is about the caller's own claims."""

from functools import cache
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from claims.api import schema
from claims.api.access import IsInstitution, KeyAuthentication, PerAddress, PerKey
from claims.api.bodies import StrictJSON
from claims.api.listing import page_of, read_query
from claims.api.load import refuse_when_overloaded
from claims.api.problems import Conflict, LengthRequired, current_language
from claims.api.waiting import preferred_wait, wait_for_settlement
from claims.entitlement import standing
from claims.institution_claims import claim_of, current_settlements, is_institution, settlements_of
from claims.models import Claim
from claims.presentation import claim_view, quote_view, standing_view, stored_settlement_view
from claims.quotes import quote
from claims.services.errors import NotSettled, NotWithdrawable
from claims.services.intake import Arrival, submit
from claims.services.reversal import reverse as reverse_settlement
from claims.services.withdrawal import withdraw
from claims.submission import read_claim, read_nothing, read_question, read_reversal_reason
from policies.selectors import terms_of


class InstitutionView(APIView):
    """A view for institutions alone, whose answers nobody else may keep."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [IsInstitution]
    throttle_classes = [PerKey]
    parser_classes = [StrictJSON]
    # Whether POST adds to the queue, and is refused while that is too long.
    queues = False

    def initial(self, request: Request, *args, **kwargs) -> None:
        # Such a body would be taken for none.
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        super().initial(request, *args, **kwargs)
        if self.queues and request.method == "POST":
            refuse_when_overloaded()

    def perform_authentication(self, request: Request) -> None:
        by_address = PerAddress()
        if not by_address.allow_request(request, self):
            self.throttled(request, by_address.wait())
        super().perform_authentication(request)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    def options(self, request: Request, *args, **kwargs) -> Response:
        """The methods, in the Allow header; what they mean is in the schema."""
        return Response(status=204)

    def own_claim(self, claim_id: UUID) -> Claim:
        try:
            return claim_of(self.request.user.institution, claim_id)
        except Claim.DoesNotExist:
            raise NotFound from None

    def shown(self, claims: list[Claim]) -> list[dict[str, Any]]:
        language, terms = current_language(), cache(terms_of)
        rows = current_settlements(claims)
        settlements = {pk: stored_settlement_view(row, language, terms) for pk, row in rows.items()}
        return [claim_view(claim, settlements.get(claim.pk), self.links(claim), language) for claim in claims]

    def links(self, claim: Claim) -> dict[str, str]:
        names = {"self": "claim", "settlements": "claim-settlements"}
        if claim.status in (Claim.State.QUEUED, Claim.State.PENDED):
            names["withdrawal"] = "claim-withdrawal"
        if claim.status == Claim.State.SETTLED:
            names["reversal"] = "claim-reversal"
        return {rel: _address(name).replace(_ANY_CLAIM, str(claim.pk)) for rel, name in names.items()}


_ANY_CLAIM = str(UUID(int=0))


@cache
def _address(name: str) -> str:
    """Where this is of any claim: to reverse it for each would take longer than all else in the answer."""
    return reverse(name, kwargs={"claim_id": _ANY_CLAIM})


class ClaimsView(InstitutionView):
    queues = True

    @schema.list_claims
    def get(self, request: Request) -> Response:
        page = page_of(request.user.institution, read_query(request.query_params))
        after = None
        if page.next is not None:
            query = request.query_params.copy()
            query["cursor"] = page.next
            after = f"{request.path}?{query.urlencode()}"
        return Response({"results": self.shown(page.claims), "next": after})

    @schema.send_claim
    def post(self, request: Request) -> Response:
        submission = read_claim(request.data, is_institution=is_institution)
        now = timezone.now()
        seconds = preferred_wait(request.META.get("HTTP_PREFER", ""))
        [receipt] = submit(
            institution=request.user.institution, claims=[submission], at=now, urgent=bool(seconds)
        )
        if receipt.arrival is Arrival.DUPLICATE:
            raise Conflict("duplicate", "/claim_number")
        headers = {}
        if seconds and wait_for_settlement(receipt.claim_id, seconds):
            headers["Preference-Applied"] = f"wait={seconds}"
        if receipt.arrival is Arrival.NEW and not headers:
            # As it was stored a moment ago: nothing is gained by reading it.
            claim = Claim(id=receipt.claim_id, claim_number=receipt.claim_number, received_at=now)
        else:
            claim = self.own_claim(receipt.claim_id)
        ready = bool(headers) and claim.status != Claim.State.QUEUED
        [view] = self.shown([claim])
        headers["Location"] = view["links"]["self"]
        status = 200 if ready or receipt.arrival is Arrival.SAME else 202
        return Response(view, status=status, headers=headers)


class ClaimView(InstitutionView):
    @schema.read_claim
    def get(self, request: Request, claim_id: UUID) -> Response:
        return Response(self.shown([self.own_claim(claim_id)])[0])


class SettlementsView(InstitutionView):
    @schema.list_settlements
    def get(self, request: Request, claim_id: UUID) -> Response:
        language = current_language()
        terms = cache(terms_of)
        rows = settlements_of(self.own_claim(claim_id))
        return Response([stored_settlement_view(row, language, terms) for row in rows])


class WithdrawalView(InstitutionView):
    @schema.withdraw_claim
    def post(self, request: Request, claim_id: UUID) -> Response:
        claim = self.own_claim(claim_id)
        read_nothing(request.data)
        institution = request.user.institution
        try:
            withdraw(claim_id=claim.pk, institution=institution, actor=None, at=timezone.now())
        except NotWithdrawable as error:
            raise Conflict("not_withdrawable", status=error.status) from None
        return Response(self.shown([self.own_claim(claim_id)])[0])


class ReversalView(InstitutionView):
    @schema.reverse_claim
    def post(self, request: Request, claim_id: UUID) -> Response:
        claim = self.own_claim(claim_id)
        reason = read_reversal_reason(request.data)
        institution = request.user.institution
        try:
            settlement = reverse_settlement(
                claim_id=claim.pk, institution=institution, reason=reason, actor=None, at=timezone.now()
            )
        except NotSettled as error:
            if error.status == Claim.State.REVERSED:
                raise Conflict("already_reversed") from None
            raise Conflict("not_settled", status=error.status) from None
        return Response(stored_settlement_view(settlement, current_language()))


class AskingView(InstitutionView):
    """A view that answers at once and writes nothing, not even that the key was used."""

    writes_nothing = True


class QuotesView(AskingView):
    @schema.quote
    def post(self, request: Request) -> Response:
        asked = read_claim(request.data, is_institution=is_institution, numbered=False)
        outcome = quote(institution=request.user.institution, content=asked.content, at=timezone.now())
        return Response(quote_view(outcome, asked.claim_number, current_language()))


class EntitlementView(AskingView):
    @schema.entitlement
    def post(self, request: Request) -> Response:
        question = read_question(request.data)
        found = standing(institution=request.user.institution, question=question, at=timezone.now())
        return Response(standing_view(found, current_language()))


class UnknownView(APIView):
    """Any other address under /api: a problem like all others, also for those who show no key."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = [PerAddress]
    schema = None

    def initial(self, request: Request, *args, **kwargs) -> None:
        self.check_throttles(request)
        raise NotFound
