"""Reading a policy file: YAML 1.2 to rows, yuan and fractions to integers, every fault of a file at once.

A line without a clause of its own has its block's clause; a document that is not named is the version's.
What a file leaves out becomes a gap when it is compiled, so that an unfinished version can be exported
and loaded too. The layout is described in `policies/data/README.md`.
"""

from django.utils.translation import gettext_lazy as _

from policies import rows, terms, yaml12
from policies.files.benefits import BenefitLines
from policies.files.lines import CITE_KEYS, without_note
from policies.files.nodes import Fault, FileFaults, Node

EACH = "each"
TOPICS = (
    "eligibility",
    "designation",
    "coordination",
    "limits",
    "supplements",
    "status_change",
    "account",
    "settlement",
    "budget",
)
_MAX_SMALL = 1000


def read_version(text: str | bytes, name: str = "") -> rows.VersionRows:
    """The version that a file describes, in canonical order. Raises FileFaults with every fault found."""
    node = load_node(text, name)
    version = version_of(node)
    if node.faults:
        raise FileFaults(node.faults, name)
    return rows.canonical(version)


def load_node(text: str | bytes, name: str) -> Node:
    """The file as a Node, with the faults that YAML itself shows. Raises FileFaults where it is no YAML."""
    try:
        return Node(yaml12.load(text))
    except yaml12.YamlError as error:
        faults = [Fault("", "%(fault)s", {"fault": fault}) for fault in error.faults]
        if error.value is None:
            raise FileFaults(faults, name) from error
        return Node(error.value, faults=faults)


def city_code(node: Node) -> str:
    """A division code, written with or without quotes."""
    code = str(node.value)
    if (
        node.missing
        or isinstance(node.value, bool)
        or not (code.isascii() and code.isdigit() and len(code) == 6)
    ):
        node.fault(_("must be a division code of six digits"))
    return code


def version_of(node: Node) -> rows.VersionRows:
    """The version in a tree of values, whatever form it was read from; faults stay with the node."""
    known = (
        "city document effective note status_change tiers benefits limits admission_factors critical_illness "
        "entitlement out_of_area account_credits account_uses contribution_rates day_surgery_standards provisions"
    )
    node.mapping(*known.split())
    document = node.child("document").text(None, max_length=60)
    effective, change = node.child("effective"), node.child("status_change")
    if not effective.missing:
        effective.mapping("from", "clause", "cite")
    if not change.missing:
        change.mapping("account", "clause", "note")
    reader = _Reader(document)
    return rows.VersionRows(
        city=city_code(node.child("city")),
        document=document,
        effective_from=effective.child("from").day(),
        effective_basis=effective.child("cite").choice(terms.CITE_KINDS, terms.TEXT),
        effective_clause=effective.child("clause").text(max_length=60),
        note=node.child("note").text(),
        status_change=change.child("account").choice(terms.STATUS_CHANGES, ""),
        status_change_clause=change.child("clause").text(max_length=60),
        status_change_note=change.child("note").text(),
        tiers=[reader.tier(code, line) for code, line in node.child("tiers").entries()],
        benefits=reader.benefits(node.child("benefits")),
        limits=[reader.limit(line) for line in node.child("limits").items()],
        admission_factors=reader.admission_factors(node.child("admission_factors")),
        critical_illness=reader.critical_illness(node.child("critical_illness")),
        entitlement=reader.entitlement(node.child("entitlement")),
        waiting=reader.waiting(node.child("entitlement")),
        out_of_area=reader.out_of_area(node.child("out_of_area")),
        account_credits=[x for line in node.child("account_credits").items() for x in reader.credit(line)],
        account_uses=reader.account_uses(node.child("account_uses")),
        contribution_rates=reader.contribution_rates(node.child("contribution_rates")),
        day_surgery_standards=reader.standards(node.child("day_surgery_standards")),
        provisions=[reader.provision(line) for line in node.child("provisions").items()],
    )


class _Reader(BenefitLines):
    """Reads the blocks of one version."""

    def tier(self, code: str, node: Node) -> rows.TierRow:
        node.mapping("name", "name_en", "fits", *CITE_KEYS)
        if len(code) > 30:
            node.fault(_("must have at most %(count)s characters"), count=30)
        cite = self.cite(node)
        return rows.TierRow(
            code=code,
            name=node.child("name").text(None, max_length=100),
            name_en=node.child("name_en").text(max_length=100),
            conditions=[self.condition(x, cite) for x in node.child("fits").items()],
            **cite,
        )

    def limit(self, node: Node) -> rows.LimitRow:
        known = ("benefits", "statuses", "pool", "period", "basis", "disease", "amount", "waits_for")
        node.mapping(*known, *CITE_KEYS)
        disease = node.child("disease").text(max_length=20)
        return rows.LimitRow(
            benefits=node.child("benefits").choices(terms.BENEFITS),
            statuses=self.statuses(node.child("statuses")),
            pool=node.child("pool").text(None, max_length=30),
            period=node.child("period").choice(terms.PERIODS),
            basis=node.child("basis").choice(terms.LIMIT_BASES),
            disease=terms.EACH_DISEASE if disease == EACH else disease,
            amount=node.child("amount").fen(),
            waits_for=node.child("waits_for").text(max_length=100),
            **self.cite(node),
        )

    def statuses(self, node: Node) -> list[str]:
        return list(terms.STATUSES) if node.missing else node.choices(terms.STATUSES)

    def admission_factors(self, node: Node) -> list[rows.AdmissionFactorRow]:
        found = []
        for line in node.items():
            line.mapping("from", "factor", *CITE_KEYS)
            ordinal = line.child("from").whole(0, high=_MAX_SMALL)
            factor = line.child("factor").rate(0)
            found.append(rows.AdmissionFactorRow(ordinal_from=ordinal, factor=factor, **self.cite(line)))
        _once(node, [x.ordinal_from for x in found])
        return found

    def critical_illness(self, node: Node) -> rows.CriticalIllnessRow | None:
        if node.missing or node.value == "none":
            return None
        if not node.mapping("benefits", "bands", "bonus", *CITE_KEYS):
            return None
        cite, bonus = self.cite(node), node.child("bonus")
        if not bonus.missing:
            bonus.mapping("status", "per_year", "max", "clause")
        bands = []
        for line in node.child("bands").items():
            line.mapping("above", "rate", *CITE_KEYS)
            figures = {"above": line.child("above").fen(0), "rate": line.child("rate").rate(0)}
            bands.append(rows.BandRow(**figures, **self.cite(line, without_note(cite))))
        _once(node.child("bands"), [x.above for x in bands])
        return rows.CriticalIllnessRow(
            benefits=node.child("benefits").choices(terms.BENEFITS),
            bonus_status=bonus.child("status").choice(terms.STATUSES, ""),
            bonus_per_year=bonus.child("per_year").rate(0),
            bonus_max=bonus.child("max").rate(0),
            bonus_clause=bonus.child("clause").text(max_length=60),
            bands=bands,
            **cite,
        )

    def entitlement(self, node: Node) -> rows.EntitlementRow | None:
        if node.missing or not node.mapping("back_payment_restores", "waiting", *CITE_KEYS):
            return None
        restores = node.child("back_payment_restores").flag(None)
        return (
            None
            if restores is None
            else rows.EntitlementRow(back_payment_restores=restores, **self.cite(node))
        )

    def waiting(self, block: Node) -> list[rows.WaitingRow]:
        node, cite = (
            block.child("waiting"),
            self.cite(Node(block.value if isinstance(block.value, dict) else {})),
        )
        if not node.missing:
            node.mapping(*terms.EMPLOYMENTS)
        found = []
        for employment, line in node.entries():
            if employment in terms.EMPLOYMENTS and line.mapping("months", *CITE_KEYS):
                months = line.child("months").whole(0, high=120)
                own = self.cite(line, without_note(cite))
                found.append(rows.WaitingRow(employment=employment, months=months, **own))
        return found

    def out_of_area(self, node: Node) -> list[rows.OutOfAreaRow]:
        if not node.missing:
            node.mapping(*terms.OUT_OF_AREA)
        return [
            rows.OutOfAreaRow(
                kind=kind,
                covered=line.child("covered").flag(True),
                upfront=line.child("upfront").rate(),
                waits_for=line.child("waits_for").text(max_length=100),
                **self.cite(line),
            )
            for kind, line in node.entries()
            if kind in terms.OUT_OF_AREA and line.mapping("covered", "upfront", "waits_for", *CITE_KEYS)
        ]

    def credit(self, node: Node) -> list[rows.CreditRow]:
        """One line of the account credit; several statuses make a row each."""
        known = ("status", "employment", "plan", "age", "method", "rate", "amount", "waits_for")
        node.mapping(*known, *CITE_KEYS)
        method = node.child("method").choice(terms.CREDIT_METHODS)
        by_rate = method == terms.BASE_RATE
        wrong = node.child("amount" if by_rate else "rate")
        if not wrong.missing:
            wrong.fault(_("does not go with the method %(method)s"), method=method)
        age_from, age_to = self.bounds(node.child("age"), high=150)
        if node.child("status").missing:
            node.child("status").fault(_("is missing"))
        common = {
            "employment": node.child("employment").choice(terms.EMPLOYMENTS, ""),
            "plan": node.child("plan").choice(terms.PLANS, ""),
            "age_from": age_from or 0,
            "age_to": age_to,
            "method": method,
            "value": node.child("rate").rate() if by_rate else node.child("amount").fen(),
            "waits_for": node.child("waits_for").text(max_length=100),
            **self.cite(node),
        }
        return [rows.CreditRow(status=s, **common) for s in node.child("status").choices(terms.STATUSES)]

    def account_uses(self, node: Node) -> list[rows.AccountUseRow]:
        """Each line says it for every one of `for` × `purpose`."""
        found = []
        for line in node.items():
            line.mapping("for", "purpose", "at", "items", "status", "allowed", *CITE_KEYS)
            common = {
                "place": line.child("at").choice(terms.PLACES, terms.ANYWHERE),
                "status": line.child("status").choice(terms.STATUSES, ""),
                "item_kinds": line.child("items").choices(terms.ITEM_KINDS),
                "allowed": line.child("allowed").flag(True),
                **self.cite(line),
            }
            found += [
                rows.AccountUseRow(relation=relation, purpose=purpose, **common)
                for relation in line.child("for").choices((terms.SELF, *terms.RELATIONS))
                for purpose in line.child("purpose").choices(terms.PURPOSES)
            ]
        _once(node, [(x.relation, x.status, x.purpose, x.place) for x in found])
        return found

    def contribution_rates(self, node: Node) -> list[rows.ContributionRateRow]:
        if not node.missing:
            node.mapping(*terms.EMPLOYMENTS)
        return [
            rows.ContributionRateRow(
                employment=employment,
                rate=line.child("rate").rate(),
                waits_for=line.child("waits_for").text(max_length=100),
                **self.cite(line),
            )
            for employment, line in node.entries()
            if employment in terms.EMPLOYMENTS and line.mapping("rate", "waits_for", *CITE_KEYS)
        ]

    def standards(self, node: Node) -> list[rows.DaySurgeryStandardRow]:
        found = []
        for disease, line in node.entries():
            line.mapping("amount", *CITE_KEYS)
            amount = line.child("amount").fen()
            if amount is None:
                line.child("amount").fault(_("is missing"))
            found.append(rows.DaySurgeryStandardRow(disease=disease, amount=amount or 0, **self.cite(line)))
        return found

    def provision(self, node: Node) -> rows.ProvisionRow:
        node.mapping("topic", "text", *CITE_KEYS)
        topic = node.child("topic").choice(TOPICS)
        return rows.ProvisionRow(topic=topic, text=node.child("text").text(None), **self.cite(node))


def _once(node: Node, keys: list) -> None:
    if len(set(keys)) < len(keys):
        node.fault(_("says the same thing twice"))
