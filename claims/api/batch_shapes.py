"""The shapes of batches in the API's description; see claims.api.shapes."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from claims.api.shapes import CLAIM_STATES, MONEY
from claims.batch_presentation import PAID
from claims.models import ClaimBatch

_STATES = {
    "queued": "待结算。Waiting for a worker.",
    "settled": "已结算。Settled.",
    "rejected": "拒付。Rejected.",
    "pended": "挂起。Pended.",
    "merged": "已并入住院。Taken up by an inpatient claim.",
    "withdrawn": "已撤回。Withdrawn.",
    "reversed": "已撤销。Reversed.",
}
_PAID = {
    "total": "医疗费总额。Total. [national: medfee_sumamt]",
    "pooled_fund": "统筹基金支付。Pooled fund. [national: hifp_pay]",
    "critical_illness": "大病保险支付。Critical-illness insurance. [national: hifob_pay]",
    "personal": "个人负担总额。The member's part. [national: psn_part_amt]",
    "account": "个人账户支付。The member's account. [national: acct_pay less acct_mulaid_pay]",
    "family_account": "家庭共济账户支付。Family accounts. [national: acct_mulaid_pay]",
    "cash": "个人现金支付。Cash. [national: psn_cash_pay]",
}


class BatchLinksSerializer(serializers.Serializer):
    self = serializers.CharField(help_text="本批次。The batch.")
    results = serializers.CharField(help_text="逐笔结果。Its results, claim by claim.")
    claims = serializers.CharField(help_text="本批次的申报。Its claims, as a list.")


ByStatusSerializer = type(
    "ByStatusSerializer",
    (serializers.Serializer,),
    {state: serializers.IntegerField(help_text=_STATES[state]) for state in CLAIM_STATES},
)
PaidSerializer = type(
    "PaidSerializer",
    (serializers.Serializer,),
    {name: serializers.RegexField(MONEY, help_text=f"{_PAID[name]} 元 yuan") for name in PAID},
)


@extend_schema_serializer(component_name="ClaimBatch")
class BatchSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text="批次标识。The batch's identity.")
    idempotency_key = serializers.CharField(allow_null=True, help_text="发送时的 Idempotency-Key。As sent.")
    format = serializers.ChoiceField(ClaimBatch.Format.values, help_text="文件格式。Of the file.")
    received_at = serializers.DateTimeField(help_text="收到时间。When it was received.")
    claims = serializers.IntegerField(help_text="文件中的申报笔数。Claims in the file.")
    stored = serializers.IntegerField(help_text="本次受理。Accepted with this file.")
    same = serializers.IntegerField(help_text="此前已受理、内容相同。There already, with the same content.")
    refused = serializers.IntegerField(
        help_text="未受理：格式有误，或同号不同内容。Refused: malformed, or another claim has the number."
    )
    by_status = ByStatusSerializer(help_text="已受理各笔现在的状态。Where the accepted claims stand now.")
    waiting = serializers.IntegerField(help_text="尚待结算的笔数；0 为全部处理完毕。0 when all are through.")
    links = BatchLinksSerializer(help_text="相关地址。Addresses.")


class RowFaultSerializer(serializers.Serializer):
    row = serializers.IntegerField(
        help_text="表格的行（首行为 1），NDJSON 的行，或在 JSON 数组中的位置（从 1 起）。Row of the table, line of "
        "NDJSON, or place in the JSON array, from 1."
    )
    column = serializers.CharField(allow_null=True, help_text="表格的列名。The column of a table.")
    pointer = serializers.CharField(allow_null=True, help_text="JSON Pointer；NDJSON 中为行内位置。In JSON.")
    code = serializers.CharField(help_text="错误代码。The rule that was broken.")
    detail = serializers.CharField(help_text="说明。What is wrong and how to mend it.")


class BatchResultSerializer(serializers.Serializer):
    row = serializers.IntegerField(help_text="申报起始行。Where the claim begins.")
    claim_number = serializers.CharField(
        allow_null=True, help_text="申报号；读不出时为 null。Null: unreadable."
    )
    arrival = serializers.ChoiceField(
        ["new", "same", "refused"],
        help_text="受理、此前已受理、未受理。Accepted, there already, refused.",
    )
    claim = serializers.UUIDField(allow_null=True, help_text="申报标识。The claim; null where refused.")
    status = serializers.ChoiceField(CLAIM_STATES, allow_null=True, help_text="状态。Where it stands.")
    code = serializers.CharField(allow_null=True, help_text="原因代码。Why, as in the claim.")
    message = serializers.CharField(allow_null=True, help_text="原因说明。The same as a sentence.")
    paid = PaidSerializer(allow_null=True, help_text="当前结算的金额。Amounts of the current settlement.")
    errors = RowFaultSerializer(many=True, help_text="未受理时的全部错误。Every fault, where refused.")


@extend_schema_serializer(component_name="ClaimBatchResults")
class BatchResultsSerializer(serializers.Serializer):
    batch = serializers.UUIDField(help_text="批次标识。The batch.")
    results = BatchResultSerializer(many=True, help_text="按文件次序。In the order of the file.")
