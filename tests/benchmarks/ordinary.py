"""What the API is compared with: an empty view behind the same door, and claims taken in the customary way."""

import hashlib
import json

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.authentication import get_authorization_header
from rest_framework.generics import CreateAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.access import Caller, IsInstitution, KeyAuthentication
from claims.api.views import AskingView
from claims.ids import uuid7
from claims.models import Claim, ClaimKey
from claims.shards import shard_of
from members.models import InstitutionKey
from members.services.keys import digest_of
from policies.terms import BENEFITS


class EmptyView(AskingView):
    """Reads the body, answers nothing: authentication, limits and parsing are those of every call."""

    schema = None

    def post(self, request: Request) -> Response:
        assert request.data
        return Response({})


class LineSerializer(serializers.Serializer):
    item_code = serializers.CharField(max_length=50)
    name = serializers.CharField(max_length=200, required=False, allow_null=True)
    quantity = serializers.DecimalField(max_digits=14, decimal_places=4)
    unit_price = serializers.DecimalField(max_digits=14, decimal_places=4)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)


class ClaimSerializer(serializers.ModelSerializer):
    """The same two rows for each claim, made by `create`."""

    benefit = serializers.ChoiceField(BENEFITS)
    service_date = serializers.DateField()
    total = serializers.DecimalField(max_digits=12, decimal_places=2, write_only=True)
    lines = LineSerializer(many=True, write_only=True)

    class Meta:
        model = Claim
        fields = [
            "id",
            "claim_number",
            "member_number",
            "benefit",
            "service_date",
            "total",
            "lines",
            "status",
            "received_at",
        ]
        read_only_fields = ["id", "status", "received_at"]

    def validate_claim_number(self, value):
        if ClaimKey.objects.filter(
            institution=self.context["request"].user.institution, claim_number=value
        ).exists():
            raise serializers.ValidationError("duplicate")
        return value

    @transaction.atomic
    def create(self, validated_data):
        lines = validated_data.pop("lines")
        institution = self.context["request"].user.institution
        content = json.dumps({**validated_data, "lines": lines}, default=str)
        key = ClaimKey.objects.create(
            institution=institution,
            claim_number=validated_data["claim_number"],
            claim_id=uuid7(),
            digest=hashlib.sha256(content.encode()).hexdigest(),
        )
        return Claim.objects.create(
            id=key.claim_id,
            seq=key.pk,
            institution=institution,
            shard=shard_of(validated_data["member_number"]),
            content=content,
            received_at=timezone.now(),
            received_on=timezone.localdate(),
            **validated_data | {"total": int(validated_data["total"] * 100)},
        )


class OrdinaryKeys(KeyAuthentication):
    """Asks for the key as DRF's own TokenAuthentication does."""

    def authenticate(self, request):
        secret = get_authorization_header(request).split()[1].decode()
        found = InstitutionKey.objects.select_related("institution").get(
            digest=digest_of(secret), revoked_at__isnull=True
        )
        return Caller(found.institution, found.prefix), None


class CreateView(CreateAPIView):
    """Claims as a DRF application usually takes them. It counts no requests and wakes no worker, which ours does."""

    schema = None
    authentication_classes = [OrdinaryKeys]
    throttle_classes = []
    permission_classes = [IsInstitution]
    serializer_class = ClaimSerializer
    queryset = Claim.objects.all()


class CreateManyView(CreateView):
    """The same for a list of them."""

    def get_serializer(self, *args, **kwargs):
        return super().get_serializer(*args, many=True, **kwargs)
