"""A worked case as a form: a member, institutions and claims in rows, what each must come to. And as YAML."""

from datetime import date
from decimal import Decimal

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies import money, terms, yaml12
from policies.case_words import OUTCOMES
from policies.editor import fields
from policies.figures import yuan_text
from policies.files.emit import Figure, Flow, entry
from policies.models import OutOfAreaTerm
from policies.models.base import Affiliation, BenefitKind, Employment, InstitutionKind, Plan, Status
from policies.wording import listed

_CASE = ("name", "city", "member", "institutions", "claims")
_MEMBER = ("status", "employment", "plan", "born", "retired_on", "account_balance", "contribution_base")
_PLACE = ("level", "kind", "affiliation", "city", "name")
_CLAIM = (
    "at",
    "date",
    "from",
    "to",
    "benefit",
    "eligible",
    "self_funded",
    "disease",
    "out_of_area",
    "use_account",
    "expect",
)
_EXPECT_MONEY = (
    "deductible",
    "over_limit",
    "pooled_fund",
    "critical_illness",
    "account",
    "personal",
    "cash",
)
_EXPECT = ("outcome", "reason", "fund_rate", *_EXPECT_MONEY)


class PlainForm(forms.Form):
    """Boxes without unfold's own look: there are many of them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "use_required_attribute": False})
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField):  # so that an untouched new row counts as empty
                self.initial.setdefault(name, field.choices[0][0])

    def was(self, name: str) -> None:
        """A case has no version that it is compared with."""


class CaseHead(PlainForm):
    """The case's name and its member."""

    name = fields.text(gettext_lazy("what the case shows"), length=200, required=True)
    status = fields.choice(gettext_lazy("status"), Status.choices)
    employment = fields.choice(gettext_lazy("employment"), Employment.choices)
    plan = fields.choice(gettext_lazy("plan"), Plan.choices)
    born = fields.day(gettext_lazy("born"))
    retired_on = fields.day(gettext_lazy("retired on"))
    account_balance = fields.yuan(gettext_lazy("account balance"))
    contribution_base = fields.yuan(gettext_lazy("contribution base"))

    def clean(self):
        data = self.cleaned_data
        if data.get("status") == terms.RETIRED and data.get("retired_on"):
            self.add_error(
                "retired_on", _("This goes with an employed member, who is retired from that day on.")
            )
        return data

    def member(self) -> dict:
        """What differs from the usual member."""
        data = self.cleaned_data
        usual = {"status": terms.EMPLOYED, "employment": terms.EMPLOYEE, "plan": terms.COMBINED}
        said = {name: data[name] for name, value in usual.items() if data[name] and data[name] != value}
        said |= {name: data[name].isoformat() for name in ("born", "retired_on") if data[name]}
        amounts = {name: data[name] for name in ("account_balance", "contribution_base")}
        return {**said, **{name: _yuan(value) for name, value in amounts.items() if value is not None}}


class PlaceForm(PlainForm):
    """An institution of the case, under a short name."""

    key = fields.text(gettext_lazy("short name"), length=30, required=True)
    level = fields.whole(gettext_lazy("level"), high=3)
    kind = fields.choice(gettext_lazy("kind"), InstitutionKind.choices)
    affiliation = fields.choice(gettext_lazy("run by"), Affiliation.choices, empty=gettext_lazy("other"))
    city = fields.text(gettext_lazy("city code, if another"), length=6)
    name = fields.text(gettext_lazy("name, where tiers name it"), length=100)

    def place(self) -> dict:
        data = self.cleaned_data
        said = {"level": data["level"] or 0, "kind": data["kind"]}
        return {**said, **{name: data[name] for name in ("affiliation", "city", "name") if data[name]}}


class ClaimForm(PlainForm):
    """A claim, and what it must come to. What is left empty is not checked."""

    at = fields.text(gettext_lazy("at (short name)"), length=30, required=True)
    date = fields.day(gettext_lazy("service date"))
    starts_on = fields.day(gettext_lazy("admitted on"))
    ends_on = fields.day(gettext_lazy("discharged on"))
    benefit = fields.choice(gettext_lazy("benefit"), BenefitKind.choices)
    eligible = fields.yuan(gettext_lazy("eligible expense"), required=True)
    self_funded = fields.yuan(gettext_lazy("self-funded"))
    disease = fields.text(gettext_lazy("disease code"), length=20)
    out_of_area = fields.choice(
        gettext_lazy("out of area"), OutOfAreaTerm.Kind.choices, empty=gettext_lazy("no")
    )
    use_account = fields.tick(gettext_lazy("pays from the account"))
    outcome = fields.choice(gettext_lazy("outcome"), OUTCOMES)
    reason = fields.text(gettext_lazy("reason code"), length=40)
    fund_rate = fields.percent(gettext_lazy("fund rate"))
    deductible = fields.yuan(gettext_lazy("deductible"))
    over_limit = fields.yuan(gettext_lazy("over limit"))
    pooled_fund = fields.yuan(gettext_lazy("pooled fund"))
    critical_illness = fields.yuan(gettext_lazy("critical illness"))
    account = fields.yuan(gettext_lazy("account"))
    personal = fields.yuan(gettext_lazy("personal"))
    cash = fields.yuan(gettext_lazy("cash"))

    def clean(self):
        data = self.cleaned_data
        if not data.get("date") and not (data.get("starts_on") and data.get("ends_on")) and not self.errors:
            self.add_error("date", _("Enter the service date, or for a stay both its days."))
        return data

    def claim(self) -> dict:
        data = self.cleaned_data
        days = {"date": data["date"], "from": data["starts_on"], "to": data["ends_on"]}
        said = {"at": data["at"], **{name: day.isoformat() for name, day in days.items() if day}}
        said |= {"benefit": data["benefit"], "eligible": _yuan(data["eligible"])}
        if data["self_funded"] is not None:
            said["self_funded"] = _yuan(data["self_funded"])
        said |= {name: data[name] for name in ("disease", "out_of_area") if data[name]}
        if data["use_account"]:
            said["use_account"] = True
        return {**said, **({"expect": expected} if (expected := self.expected()) else {})}

    def expected(self) -> dict:
        data = self.cleaned_data
        said = {} if data["outcome"] in ("", "settled") else {"outcome": data["outcome"]}
        if data["reason"]:
            said["reason"] = data["reason"]
        if data["fund_rate"] is not None:
            said["fund_rate"] = Figure(money.fraction(data["fund_rate"], places=2))
        return said | {name: _yuan(data[name]) for name in _EXPECT_MONEY if data[name] is not None}


PlaceFormSet = forms.formset_factory(PlaceForm, extra=0, can_delete=True, max_num=50)
ClaimFormSet = forms.formset_factory(ClaimForm, extra=0, can_delete=True, max_num=100)


class CaseEditor:
    """The forms of one case. `case`: what its YAML says, or None for a new one."""

    checked = True

    def __init__(self, case: dict | None, city: str, data=None):
        self.city = city
        self.checked = data is not None and "add" not in data
        data = _with_room(data)
        case = case or {"institutions": {"hospital": {"level": 3, "kind": "general"}}, "claims": [{}]}
        self.head = CaseHead(data, prefix="case", initial=_head_boxes(case))
        places = [{"key": key, **place} for key, place in case.get("institutions", {}).items()]
        self.places = PlaceFormSet(data, prefix="places", initial=places)
        self.claims = ClaimFormSet(data, prefix="claims", initial=[_claim_boxes(x) for x in case["claims"]])

    def is_valid(self) -> bool:
        """Whether everything that was sent can be written as a case."""
        valid = all([self.head.is_valid(), self.places.is_valid(), self.claims.is_valid()])
        if valid:
            self._named_places()
        return valid and not any(form.errors for form in self.claims)

    def _named_places(self) -> None:
        known = {form.cleaned_data["key"] for form in _kept(self.places)}
        for form in _kept(self.claims):
            if form.cleaned_data["at"] not in known:
                text = _("No institution of this case has this name; there are: %(names)s.")
                form.add_error("at", text % {"names": listed(sorted(known))})

    def text(self) -> str:
        """The case as YAML. Call it only where all is valid."""
        case = {"name": self.head.cleaned_data["name"], "city": self.city}
        if member := self.head.member():
            case["member"] = Flow(member)
        places = {form.cleaned_data["key"]: Flow(form.place()) for form in _kept(self.places)}
        claims = [Flow(form.claim()) for form in _kept(self.claims)]
        lines = [text for key, value in case.items() for text in entry(key, value, 0)]
        lines += [*entry("institutions", places, 0), "claims:"]
        lines += [f"  - {_one_line(claim)}" for claim in claims]
        return "\n".join(lines) + "\n"


def _one_line(flow: Flow) -> str:
    (line,) = entry("x", flow, 0)
    return line.removeprefix("x: ")


def case_of(text: str) -> dict | None:
    """The case in a text, where the form has a box for everything in it; else it is edited as text."""
    try:
        found = yaml12.load(text)
    except yaml12.YamlError:
        return None
    case = found[0] if isinstance(found, list) and len(found) == 1 else found
    return case if isinstance(case, dict) and _fits(case) else None


def _fits(case: dict) -> bool:
    claims, places = case.get("claims"), case.get("institutions", {})
    parts = [(case, _CASE), (case.get("member", {}), _MEMBER)]
    if not isinstance(claims, list) or not isinstance(places, dict):
        return False
    parts += [(place, _PLACE) for place in places.values()]
    parts += [(claim, _CLAIM) for claim in claims]
    parts += [(claim.get("expect", {}), _EXPECT) for claim in claims if isinstance(claim, dict)]
    return all(isinstance(part, dict) and set(part) <= set(known) for part, known in parts) and all(
        "eligible" in claim and None not in claim.get("expect", {}).values() for claim in claims
    )


def _head_boxes(case: dict) -> dict:
    member = {name: _box(value) for name, value in case.get("member", {}).items()}
    return {"name": case.get("name", ""), **member}


def _claim_boxes(claim: dict) -> dict:
    boxes = {name: _box(value) for name, value in claim.items() if name != "expect"}
    boxes["starts_on"], boxes["ends_on"] = boxes.pop("from", None), boxes.pop("to", None)
    expected = dict(claim.get("expect", {}))
    if "fund_rate" in expected:
        boxes["fund_rate"] = money.rate(expected.pop("fund_rate"))
    return {**boxes, **{name: _box(value) for name, value in expected.items()}}


def _box(value):
    """A value of the case as its box holds it: amounts in fen, days as days."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, Decimal)):
        return money.fen(value)
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return value


def _yuan(value: int) -> Figure:
    return Figure(yuan_text(value).replace(",", ""))


def _kept(found: forms.BaseFormSet) -> list[forms.Form]:
    """The rows that say something and are not to be removed."""
    return [form for form in found if form.cleaned_data and not form.cleaned_data.get("DELETE")]


def _with_room(data):
    """What was sent, with one more row in the set that `add` names."""
    if data is None or "add" not in data:
        return data
    data = data.copy()
    name = f"{data['add']}-TOTAL_FORMS"
    if data.get(name, "").isdigit():
        data[name] = str(int(data[name]) + 1)
    return data
