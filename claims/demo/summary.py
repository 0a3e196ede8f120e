"""What the demo prints when it is ready: what became of the claims, where to look, how to log in."""

from collections.abc import Mapping

from django.db.models import Case, CharField, Count, F, Q, Sum, When
from django.urls import reverse
from rich import box
from rich.console import Console
from rich.table import Table

from claims.demo.load import ADMIN, PASSWORD, STAFF, clinic_login
from claims.demo.places import CITIES, PLACES
from claims.demo.stories import YANTAI
from claims.models import Claim, Settlement
from members.models import Institution
from policies.models import City
from policies.terms import INPATIENT

# What is counted, and the states of a claim that belong to it.
_COUNTS = {
    "settled": ("settled",),
    "pended": ("pended",),
    "rejected": ("rejected",),
    "taken_back": ("reversed", "withdrawn"),
}


def show(console: Console, url: str, keys: Mapping[str, str]) -> None:
    console.print(_cities())
    for title, lines in (
        ("Look at", _addresses(url)),
        (f"Log in, with the password {PASSWORD} (known to all: this machine only), as", _logins()),
        ("Send claims by the key of an institution (all of them: keys.json in var/demo)", _keys(keys)),
    ):
        console.print(f"[bold]{title}[/]", soft_wrap=True)
        width = max(map(len, lines))
        for name, text in lines.items():
            console.print(f"  {name:<{width}}  {text}", soft_wrap=True, markup=False)
        console.print()
    console.print(_example(url, keys), soft_wrap=True, markup=False)


def _cities() -> Table:
    claims, paid = _claims_by_city(), _paid_by_city()
    headers = (name.replace("_", " ") for name in _COUNTS)
    table = Table("city", "claims", *headers, "fund, yuan", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    for column in table.columns[1:]:
        column.justify = "right"
    for city in City.objects.filter(code__in=claims).order_by("code"):
        counts = claims[city.code]
        figures = [counts["claims"], *(counts[name] for name in _COUNTS)]
        fund = f"{paid.get(city.code, 0) / 100:,.2f}"
        table.add_row(f"{city.name} {city.name_en}", *map(str, figures), fund)
    return table


def _claims_by_city() -> dict[str, dict]:
    """Counts by the member's city; of claims that found no member, by the institution's."""
    of = Case(When(city="", then=F("institution__city")), default=F("city"), output_field=CharField())
    counts = {name: Count("pk", filter=Q(status__in=states)) for name, states in _COUNTS.items()}
    rows = Claim.objects.order_by().values(of=of).annotate(claims=Count("pk"), **counts)
    return {row["of"]: row for row in rows}


def _paid_by_city() -> dict[str, int]:
    """Fen over all revisions, of which reversing ones are negative: what stands."""
    paid = Sum("pooled_fund") + Sum("critical_illness")
    return dict(Settlement.objects.order_by().values_list("city").annotate(paid=paid))


def _addresses(url: str) -> dict[str, str]:
    stay = Settlement.objects.filter(benefit=INPATIENT).order_by("-critical_illness").first()
    year = (stay.member_id, stay.service_date.year)
    paths = {
        "the desk": reverse("admin:index"),
        "a statement": reverse("admin:claims_claim_change", args=[stay.claim_id]),
        "its policy version": reverse("admin:policies_policyversion_change", args=[stay.version_id]),
        "its member's year": reverse("admin:claims_member_year", args=year),
        "what is pended": reverse("admin:claims_pended"),
        "a clinic's own pages": reverse("institution:home"),
        "the API": reverse("docs"),
    }
    return {name: url + path for name, path in paths.items()}


def _logins() -> dict[str, str]:
    staff = {name: may for name, (_role, may) in STAFF.items()}
    clinic = {clinic_login(YANTAI): "a clinic of Yantai, on its own pages: sends files of claims"}
    return {ADMIN: "may do everything"} | staff | clinic


def _keys(keys: Mapping[str, str]) -> dict[str, str]:
    """One institution of each city, by key."""
    codes = [PLACES[city]["top"].code for city in CITIES]
    names = Institution.objects.filter(code__in=codes).order_by("code").values_list("code", "name")
    return {keys[code]: name for code, name in names}


def _example(url: str, keys: Mapping[str, str]) -> str:
    key = keys[PLACES[YANTAI]["top"].code]
    return f"curl -H 'Authorization: Bearer {key}' '{url}{reverse('claims')}?status=pended'\n"
