"""What the demo prints when it is ready: what became of the claims, where to look, how to log in."""

from collections.abc import Mapping
from datetime import date

from django.db.models import Case, CharField, Count, F, Q, Sum, When
from django.urls import reverse
from rich import box
from rich.console import Console
from rich.table import Table

from claims.demo.load import PASSWORD, STAFF
from claims.demo.places import CITIES, PLACES
from claims.demo.stories import YANTAI, ZHENJIANG
from claims.models import Claim, Settlement
from members.models import Institution
from policies.models import City
from policies.selectors import version_id_on

_STATES = ("settled", "pended", "rejected", "reversed", "withdrawn")
_MONEY = ("fund", "accounts", "members_cash")


def show(console: Console, url: str, keys: Mapping[str, str], today: date) -> None:
    console.print(_cities())
    for title, lines in (
        ("Look at", _addresses(url, today)),
        (f"Log in, with the password {PASSWORD} (known to all: this machine only), as", STAFF),
        ("Send claims by the key of an institution (all of them: keys.json in var/demo)", _keys(keys)),
    ):
        console.print(f"[bold]{title}[/]", soft_wrap=True)
        width = max(map(len, lines))
        for name, text in lines.items():
            console.print(f"  {name:<{width}}  {text}", soft_wrap=True, markup=False)
        console.print()
    console.print(_example(url, keys), soft_wrap=True, markup=False)


def _cities() -> Table:
    claims, money = _claims_by_city(), _money_by_city()
    names = ("city", "claims", *_STATES, "fund, yuan", "accounts", "members' cash")
    table = Table(*names, box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for city in City.objects.filter(code__in=claims).order_by("code"):
        counts, sums = claims[city.code], money.get(city.code, dict.fromkeys(_MONEY, 0))
        states = (str(counts[name]) for name in ("claims", *_STATES))
        table.add_row(
            f"{city.name} {city.name_en}", *states, *(f"{sums[name] / 100:,.2f}" for name in _MONEY)
        )
    return table


def _claims_by_city() -> dict[str, dict]:
    """Counts by the member's city; of claims that found no member, by the institution's."""
    of = Case(When(city="", then=F("institution__city")), default=F("city"), output_field=CharField())
    states = {state: Count("pk", filter=Q(status=state)) for state in _STATES}
    rows = Claim.objects.order_by().values(of=of).annotate(claims=Count("pk"), **states)
    return {row["of"]: row for row in rows}


def _money_by_city() -> dict[str, dict]:
    """Over all revisions, of which reversing ones are negative: what stands, in fen."""
    sums = {
        "fund": Sum("pooled_fund") + Sum("critical_illness"),
        "accounts": Sum("account") + Sum("family_account"),
        "members_cash": Sum("cash"),
    }
    rows = Settlement.objects.order_by().values("city").annotate(**sums)
    return {row["city"]: row for row in rows}


def _addresses(url: str, today: date) -> dict[str, str]:
    stay = Settlement.objects.filter(city=ZHENJIANG, critical_illness__gt=0).order_by("pk").first()
    year = (stay.member_id, stay.service_date.year)
    paths = {
        "the desk": reverse("admin:index"),
        "a statement": reverse("admin:claims_claim_change", args=[stay.claim_id]),
        "its member's year": reverse("admin:claims_member_year", args=year),
        "a policy version": reverse(
            "admin:policies_policyversion_change", args=[version_id_on(YANTAI, today)]
        ),
        "what is pended": reverse("admin:claims_pended"),
        "the API": reverse("docs"),
    }
    return {name: url + path for name, path in paths.items()}


def _keys(keys: Mapping[str, str]) -> dict[str, str]:
    """One institution of each city, by key."""
    codes = [PLACES[city]["top"].code for city in CITIES]
    names = Institution.objects.filter(code__in=codes).order_by("code").values_list("code", "name")
    return {keys[code]: name for code, name in names}


def _example(url: str, keys: Mapping[str, str]) -> str:
    key = keys[PLACES[YANTAI]["top"].code]
    return f"curl -H 'Authorization: Bearer {key}' '{url}{reverse('claims')}?status=pended'\n"
