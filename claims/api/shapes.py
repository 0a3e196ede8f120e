"""The shapes of the API's bodies, as its description (OpenAPI) has them: Chinese, English, national field.

They only describe: bodies are read by claims.submission and answers made by claims.presentation, and tests
hold both against this description. A help text names the field of the national interface
(定点医药机构接口规范) that says the same, as "[national: name]".
"""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from claims.engine.routing import DISPOSITIONS
from claims.models import Claim, Settlement
from claims.submission import AREAS, LONGEST, MAX_LINES, MAX_LISTED
from policies.terms import BENEFITS, CITE_KINDS, LIMIT_BASES, STATUSES

AMOUNT = r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,2})?$"
FINE = r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,4})?$"
CLAIM_STATES = Claim.State.values
MONEY = r"^-?[0-9]+\.[0-9]{2}$"


def _text(name: str, help_text: str, **options) -> serializers.CharField:
    return serializers.CharField(max_length=LONGEST[name], help_text=help_text, **options)


def _optional(name: str, help_text: str) -> serializers.CharField:
    return _text(name, help_text, required=False, allow_null=True)


def _money(help_text: str) -> serializers.RegexField:
    return serializers.RegexField(MONEY, help_text=f"{help_text} 元 yuan")


class LineSerializer(serializers.Serializer):
    item_code = _text("item_code", "医保目录编码。Catalogue code of the item. [national: med_list_codg]")
    name = _optional("name", "项目名称。Name of the item, for readers. [national: medins_list_name]")
    quantity = serializers.RegexField(
        FINE, help_text="数量，最多四位小数。At most four decimals. [national: cnt]"
    )
    unit_price = serializers.RegexField(
        FINE, help_text="单价（元），最多四位小数。Yuan, at most four decimals. [national: pric]"
    )
    amount = serializers.RegexField(
        AMOUNT,
        help_text="金额（元），与数量×单价相差不超过 0.01。Yuan, within 0.01 of quantity × unit price. "
        "[national: det_item_fee_sumamt]",
    )


class EmergencySerializer(serializers.Serializer):
    disposition = serializers.ChoiceField(
        DISPOSITIONS,
        help_text="去向：转入院、死亡、无床位、离院。How it ended: admitted, died, no bed, discharged. "
        "[national: dscg_way]",
    )
    statement = serializers.BooleanField(
        default=False, help_text="医疗机构已出具情况说明。The institution's statement is on file."
    )


@extend_schema_serializer(component_name="ClaimRequest")
class ClaimRequestSerializer(serializers.Serializer):
    claim_number = _text(
        "claim_number",
        "申报号，机构内唯一；重发相同内容不重复受理。Unique in the institution; the same content sent again is the "
        "same claim. [national: msgid, kept as medins_setl_id]",
    )
    member_number = _text("member_number", "人员编号。The member's number. [national: psn_no]")
    benefit = serializers.ChoiceField(
        BENEFITS, help_text="待遇类别。The benefit claimed. [national: med_type]"
    )
    service_date = serializers.DateField(
        required=False,
        allow_null=True,
        help_text="就诊日期；住院和日间手术留空。Day of the visit; null for inpatient care and day surgery. "
        "[national: begntime]",
    )
    admitted_on = serializers.DateField(
        required=False, allow_null=True, help_text="入院日期。Day of admission. [national: begntime of 2401]"
    )
    discharged_on = serializers.DateField(
        required=False, allow_null=True, help_text="出院日期。Day of discharge. [national: endtime of 2402]"
    )
    disease_code = _optional("disease_code", "病种编码。Disease code. [national: dise_codg]")
    out_of_area = serializers.ChoiceField(
        AREAS,
        default="none",
        help_text="异地就医：无、长期居住备案、临时外出。Care in another city than the member's own: none, filed "
        "resident, temporary. [national: out_flag]",
    )
    prescribed_by = _optional(
        "prescribed_by",
        "外配处方的开方机构编码（零售药店）。For a pharmacy's claim, the code of the institution that prescribed. "
        "[national: rx_circ_flag, fixmedins_code]",
    )
    use_account = serializers.BooleanField(
        default=False,
        help_text="使用个人账户支付个人负担部分。Whether personal accounts pay the member's part. "
        "[national: acct_used_flag]",
    )
    emergency = EmergencySerializer(
        required=False,
        allow_null=True,
        help_text="仅急诊抢救。Only for the benefit emergency. [national: er_flag]",
    )
    lists = serializers.ListField(
        child=_text("claim_number", "申报号。Claim number."),
        max_length=MAX_LISTED,
        required=False,
        help_text="住院申报并入的本机构急诊抢救申报号。Numbers of this institution's emergency claims that an "
        "inpatient claim takes up.",
    )
    total = serializers.RegexField(
        AMOUNT,
        required=False,
        allow_null=True,
        help_text="医疗费总额（元），须等于各行金额之和。Yuan; must be the sum of the lines. [national: medfee_sumamt]",
    )
    lines = LineSerializer(
        many=True, min_length=1, max_length=MAX_LINES, help_text="费用明细。[national: feedetail]"
    )


@extend_schema_serializer(component_name="SettlementPolicy")
class SettlementPolicySerializer(serializers.Serializer):
    city = serializers.CharField(
        help_text="统筹地区区划代码。Code of the member's city. [national: insuplc_admdvs]"
    )
    effective_from = serializers.DateField(help_text="版本生效日期。From when the version applies.")
    revision = serializers.IntegerField(help_text="同一生效日期的第几次修订。Revision for that date.")
    document = serializers.CharField(help_text="政策文件文号。Number of the document.")


class StepSerializer(serializers.Serializer):
    rule = serializers.CharField(help_text="规则。The rule's name, the same in every language.")
    text = serializers.CharField(help_text="说明。The step as a sentence. [national: setl_proc_info]")
    figures = serializers.DictField(
        child=serializers.JSONField(),
        help_text="数值：金额（元）和比例为字符串，次数为整数。Amounts (yuan) and rates are strings, counts integers.",
    )
    document = serializers.CharField(allow_null=True, help_text="依据的文件。The document it rests on.")
    clause = serializers.CharField(allow_null=True, help_text="条款。The clause.")
    basis = serializers.ChoiceField(
        CITE_KINDS,
        allow_null=True,
        help_text="文件原文、假定或示例。Stated in the text, assumed, or illustrative.",
    )
    note = serializers.CharField(help_text="解释说明编号。Interpretation note, or empty.")


class SettlementSerializer(serializers.Serializer):
    claim = serializers.UUIDField(
        help_text="申报标识；与 revision 一起标识一次结算。The claim; with revision it names the settlement. "
        "[national: mdtrt_id; with revision: setl_id]"
    )
    revision = serializers.IntegerField(
        help_text="结算修订序号：单数为结算，双数为撤销前一次。Odd revisions settle, even ones reverse the one before."
    )
    outcome = serializers.ChoiceField(
        Settlement.Kind.values, help_text="结算或撤销。[national: refd_setl_flag where reversed]"
    )
    reason = serializers.CharField(
        allow_null=True, help_text="统筹基金不予支付的原因。Why the fund pays nothing; null where it may pay."
    )
    policy = SettlementPolicySerializer(help_text="所用政策版本。The policy version used.")
    benefit = serializers.ChoiceField(
        BENEFITS, help_text="实际结算的待遇类别。The benefit it was paid under. [national: med_type]"
    )
    tier = serializers.CharField(
        allow_null=True, help_text="机构档次。The institution's tier. [national: dedc_hosp_lv]"
    )
    status = serializers.ChoiceField(STATUSES, help_text="在职或退休。Of the member. [national: psn_type]")
    total = _money("医疗费总额。Total. [national: medfee_sumamt]")
    self_funded = _money("全自费。Self-funded. [national: fulamt_ownpay_amt]")
    over_price = _money("超限价。Above price ceilings. [national: overlmt_selfpay]")
    upfront_self_pay = _money("先行自付。Upfront self-payment. [national: preselfpay_amt]")
    eligible = _money("政策范围内费用。Eligible expense. [national: inscp_scp_amt]")
    deductible = _money("本次负担的起付线。Deductible borne. [national: act_pay_dedc]")
    fund_rate = serializers.RegexField(
        r"^[01]\.[0-9]{4}$",
        allow_null=True,
        help_text="统筹基金支付比例。The fund's rate; null where it does not pay. [national: pool_prop_selfpay]",
    )
    over_limit = _money("超过限额、由个人负担。Above limits, borne by the member.")
    pooled_fund = _money("统筹基金支付。Paid by the pooled fund. [national: hifp_pay]")
    critical_illness = _money("大病保险支付。Paid by critical-illness insurance. [national: hifob_pay]")
    institution_share = _money(
        "医疗机构负担；负数为结余。The institution's own part (day surgery); negative is a surplus. "
        "[national: hosp_part_amt]"
    )
    personal = _money("个人负担总额。The member's part. [national: psn_part_amt]")
    account = _money(
        "个人账户支付，不含共济。From the member's account, without the family's. "
        "[national: acct_pay less acct_mulaid_pay]"
    )
    family_account = _money("家庭共济账户支付。From family accounts. [national: acct_mulaid_pay]")
    cash = _money("个人现金支付。In cash. [national: psn_cash_pay]")
    steps = StepSerializer(
        many=True, help_text="计算步骤，逐步列出依据。How it was worked out, clause by clause."
    )


class LinksSerializer(serializers.Serializer):
    self = serializers.CharField(help_text="本申报。The claim.")
    settlements = serializers.CharField(help_text="全部结算修订。All settlement revisions.")
    withdrawal = serializers.CharField(required=False, help_text="可撤回时给出。Where it can be withdrawn.")
    reversal = serializers.CharField(required=False, help_text="可撤销结算时给出。Where it can be reversed.")


@extend_schema_serializer(component_name="Claim")
class ClaimSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text="申报标识。The claim's identity. [national: mdtrt_id]")
    claim_number = serializers.CharField(help_text="申报号。As sent. [national: medins_setl_id]")
    status = serializers.ChoiceField(CLAIM_STATES, help_text="状态。Where the claim stands.")
    code = serializers.CharField(
        allow_null=True,
        help_text="拒付、挂起或基金不支付的原因代码。Why it is rejected, pended or without fund payment.",
    )
    message = serializers.CharField(
        allow_null=True,
        help_text="原因说明及处理办法。The same as a sentence, with how to mend it. [national: err_msg]",
    )
    received_at = serializers.DateTimeField(help_text="收到时间。When it was accepted.")
    settlement = SettlementSerializer(
        allow_null=True,
        help_text="当前结算；未结算时为 null。The current settlement; null where there is none.",
    )
    links = LinksSerializer(help_text="相关地址。Addresses of what can be done next.")


@extend_schema_serializer(component_name="QuoteRequest")
class QuoteRequestSerializer(ClaimRequestSerializer):
    claim_number = _optional(
        "claim_number",
        "申报号，可省略；只在答复中原样返回，不占用。May be left out; it is only repeated in the answer, and not "
        "used up. [national: msgid]",
    )


@extend_schema_serializer(component_name="QuotedSettlement")
class QuotedSettlementSerializer(SettlementSerializer):
    claim = serializers.UUIDField(
        allow_null=True, help_text="预结算没有申报，为 null。Null: there is no claim."
    )
    revision = serializers.IntegerField(
        allow_null=True, help_text="预结算没有修订，为 null。Null: nothing is stored."
    )


@extend_schema_serializer(component_name="Quote")
class QuoteSerializer(serializers.Serializer):
    claim_number = serializers.CharField(
        allow_null=True, help_text="申报号。As sent. [national: medins_setl_id]"
    )
    status = serializers.ChoiceField(
        CLAIM_STATES,
        help_text="若此刻结算的状态。Where the claim would stand.",
    )
    code = serializers.CharField(
        allow_null=True,
        help_text="拒付、挂起或基金不支付的原因代码。Why it would be rejected, pended or without fund payment.",
    )
    message = serializers.CharField(
        allow_null=True,
        help_text="原因说明及处理办法。The same as a sentence, with how to mend it. [national: err_msg]",
    )
    settlement = QuotedSettlementSerializer(
        allow_null=True,
        help_text="预结算结果；拒付或挂起时为 null。The settlement; null where there would be none.",
    )


@extend_schema_serializer(component_name="EntitlementRequest")
class QuestionSerializer(serializers.Serializer):
    member_number = _text("member_number", "人员编号。The member's number. [national: psn_no]")
    on = serializers.DateField(help_text="日期。The day. [national: begntime]")
    benefit = serializers.ChoiceField(BENEFITS, help_text="待遇类别。The benefit. [national: med_type]")


@extend_schema_serializer(component_name="Allowance")
class AllowanceSerializer(serializers.Serializer):
    period = serializers.ChoiceField(
        ["year", "month", "day", "admission"],
        help_text="计算期间：年、月、日（同一机构）、次住院。What it is counted over; a day is of this institution.",
    )
    total = serializers.RegexField(
        MONEY,
        allow_null=True,
        help_text="总额；文件未规定数额时为 null。Total; null where the text sets none. 元 yuan",
    )
    used = _money("已用。Used so far.")
    left = serializers.RegexField(
        MONEY,
        allow_null=True,
        help_text="剩余；没有数额时为 null。What is left; null where there is no total. 元 yuan",
    )


@extend_schema_serializer(component_name="LimitAllowance")
class LimitAllowanceSerializer(AllowanceSerializer):
    counts = serializers.ChoiceField(
        LIMIT_BASES, help_text="按基金支付或按政策范围内费用。Of fund payments, or of eligible expense."
    )
    pool = serializers.CharField(help_text="限额名称；共用同一名称即合并计算。The limit's name.")
    disease = serializers.CharField(
        allow_null=True, help_text="按病种计算时的病种编码。The disease, where each has a limit of its own."
    )


@extend_schema_serializer(component_name="Entitlement")
class EntitlementSerializer(serializers.Serializer):
    entitled = serializers.BooleanField(
        allow_null=True,
        help_text="能否享受；null 表示尚不能判断，原因见 code。Null: it cannot be said yet, see code.",
    )
    code = serializers.CharField(
        allow_null=True, help_text="不能享受或尚不能判断的原因代码。Why not, or why it cannot be said."
    )
    message = serializers.CharField(
        allow_null=True, help_text="原因说明。The same as a sentence. [national: err_msg]"
    )
    policy = SettlementPolicySerializer(allow_null=True, help_text="所用政策版本。The policy version used.")
    benefit = serializers.ChoiceField(
        BENEFITS,
        allow_null=True,
        help_text="申报将按此待遇结算。The benefit that a claim would be paid under. [national: med_type]",
    )
    in_city = serializers.BooleanField(
        allow_null=True,
        help_text="机构在参保地；否则申报时须填 out_of_area。Whether the institution is in the member's own city; if "
        "not, claims must say out_of_area.",
    )
    tier = serializers.CharField(
        allow_null=True,
        help_text="本机构档次；零售药店随开方机构，为 null。This institution's tier; null for a pharmacy, where the "
        "prescriber's counts. [national: dedc_hosp_lv]",
    )
    status = serializers.ChoiceField(
        STATUSES, allow_null=True, help_text="在职或退休。Of the member. [national: psn_type]"
    )
    diseases = serializers.ListField(
        child=serializers.CharField(),
        help_text="门诊慢特病已认定的病种编码。Diseases registered, for chronic and special. [national: 5301]",
    )
    deductible = AllowanceSerializer(
        allow_null=True,
        help_text="本机构档次的起付线；无起付线或未规定时为 null。The deductible at this institution's tier; null "
        "where there is none, or it is not set.",
    )
    limits = LimitAllowanceSerializer(
        many=True, help_text="适用的各项限额。Every limit that applies. [national: 5206]"
    )
    account = AllowanceSerializer(
        allow_null=True,
        help_text="本人个人账户：剩余为余额，已用为当年支付，总额为两者之和。The member's own account: left is the "
        "balance, used what it paid in the year, total their sum. [national: balc]",
    )


@extend_schema_serializer(component_name="ClaimPage")
class ClaimPageSerializer(serializers.Serializer):
    results = ClaimSerializer(many=True, help_text="按收到次序，最新的在前。The newest received first.")
    next = serializers.CharField(
        allow_null=True, help_text="下一页地址；最后一页为 null。Address of the next page; null on the last."
    )


class ReversalRequestSerializer(serializers.Serializer):
    reversal_reason = _text("reversal_reason", "撤销原因。Why the settlement is taken back.")
