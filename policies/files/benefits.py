"""The `benefits:` block of a policy file."""

from django.utils.translation import gettext_lazy as _

from policies import rows, terms
from policies.files.lines import CITE_KEYS, Lines, without_note
from policies.files.nodes import Node

NOT_OFFERED = "not_offered"


class BenefitLines(Lines):
    """Reads benefits with their terms: one line per tier, one cell per status."""

    def benefits(self, node: Node) -> list[rows.BenefitRow]:
        if not node.missing:
            node.mapping(*terms.BENEFITS)
        return [self.benefit(name, block) for name, block in node.entries() if name in terms.BENEFITS]

    def benefit(self, name: str, node: Node) -> rows.BenefitRow:
        rules = ("preferred", "external_prescription", "negotiated_first", "as_inpatient")
        lists = ("institutions", "not_paid_while", "other_rules", "terms")
        known = ("waits_for", "follows", "deductible", *rules, *lists, *CITE_KEYS)
        cite = self.cite(node) if node.mapping(*known) else self.cite(Node({}))
        self._emergency(name, node)
        deductible = node.child("deductible")
        if not deductible.missing:
            deductible.mapping("mode", "pool", "clause", "note")
        mode = deductible.child("mode").choice(terms.DEDUCTIBLE_MODES, terms.NO_DEDUCTIBLE)
        return rows.BenefitRow(
            benefit=name,
            waits_for=node.child("waits_for").text(max_length=100),
            deductible_mode=mode,
            deductible_pool=deductible.child("pool").text(max_length=30),
            deductible_clause=deductible.child("clause").text(max_length=60),
            deductible_note=deductible.child("note").text(),
            preferred_clause=self.rule_clause(node.child("preferred")),
            prescription_clause=self.rule_clause(node.child("external_prescription"), "note"),
            prescription_note=node.child("external_prescription").child("note").text(),
            negotiated_clause=self.rule_clause(node.child("negotiated_first")),
            as_inpatient_clause=self.rule_clause(node.child("as_inpatient")),
            conditions=[self.condition(x, cite) for x in node.child("institutions").items()],
            coordinations=self.coordinations(node.child("not_paid_while"), cite),
            special_diseases=self.other_rules(node.child("other_rules"), cite),
            terms=[
                term
                for tier, line in node.child("terms").entries()
                for term in self.line(tier, line, mode, cite)
            ],
            **cite,
        )

    def _emergency(self, name: str, node: Node) -> None:
        """That emergency care follows the ordinary rules must be said, so that nobody forgets to ask."""
        follows = node.child("follows")
        if not follows.missing:
            follows.choice((terms.ORDINARY,))
            if name != terms.EMERGENCY:
                follows.fault(_("only emergency care follows another benefit's rules"))
        ways = sum(key in node for key in ("follows", "as_inpatient", "waits_for"))
        if name == terms.EMERGENCY and ways != 1:
            node.fault(_("needs exactly one of: follows: ordinary, as_inpatient, waits_for"))

    def rule_clause(self, node: Node, *more: str) -> str:
        """The clause of a rule that a benefit has; "" where it does not have the rule."""
        if node.missing:
            return ""
        node.mapping("clause", *more)
        return node.child("clause").text(None, max_length=60)

    def coordinations(self, node: Node, block: dict) -> list[rows.CoordinationRow]:
        if not node.missing:
            node.mapping(*terms.SITUATIONS)
        found = []
        for situation, line in node.entries():
            if situation in terms.SITUATIONS and line.mapping(*CITE_KEYS):
                found.append(
                    rows.CoordinationRow(situation=situation, **self.cite(line, without_note(block)))
                )
        return found

    def other_rules(self, node: Node, block: dict) -> list[rows.SpecialDiseaseRow]:
        found = []
        for disease, line in node.entries():
            line.mapping("waits_for", *CITE_KEYS)
            found.append(
                rows.SpecialDiseaseRow(
                    disease=disease,
                    waits_for=line.child("waits_for").text(max_length=100),
                    **self.cite(line, without_note(block)),
                )
            )
        return found

    def line(self, tier: str, node: Node, mode: str, block: dict) -> list[rows.TermRow]:
        """A tier's line: one cell for `both` statuses, or one for `employed` and one for `retired`."""
        if not node.mapping("both", *terms.STATUSES, "deductible_clause", *CITE_KEYS):
            return []
        cite = self.cite(node, without_note(block))
        clause = node.child("deductible_clause").text(max_length=60)
        both = "both" in node
        if both == any(status in node for status in terms.STATUSES):
            node.fault(_("needs a cell for both, or cells for employed and retired"))
        cells = [(s, node.child("both" if both else s)) for s in terms.STATUSES]
        return [self.cell(tier, s, cell, mode, cite, clause) for s, cell in cells if not cell.missing]

    def cell(self, tier: str, status: str, node: Node, mode: str, cite: dict, clause: str) -> rows.TermRow:
        if node.value == NOT_OFFERED:
            return rows.TermRow(tier=tier, status=status, offered=False, **cite)
        if not node.mapping("offered", "deductible", "rate", "waits_for", "deductible_clause", *CITE_KEYS):
            return rows.TermRow(tier=tier, status=status, **cite)
        waits_for = node.child("waits_for").text(max_length=100)
        deductible, rate = node.child("deductible"), node.child("rate")
        own_cite = any(key in node for key in CITE_KEYS)
        return rows.TermRow(
            tier=tier,
            status=status,
            offered=node.child("offered").flag(True),
            deductible=None if _waits(deductible) else deductible.fen(),
            deductible_waits_for=_waits(deductible) or (waits_for if mode != terms.NO_DEDUCTIBLE else ""),
            deductible_clause=node.child("deductible_clause").text(clause, max_length=60),
            rate=None if _waits(rate) else rate.rate(),
            rate_waits_for=_waits(rate) or waits_for,
            **(self.cite(node, cite) if own_cite else cite),
        )


def _waits(node: Node) -> str:
    """The name in `{waits_for: NAME}`; "" where the value is something else."""
    if not isinstance(node.value, dict) or not node.mapping("waits_for"):
        return ""
    return node.child("waits_for").text(None, max_length=100)
