"""What every block of a policy file has in common: citations, conditions on institutions, spans."""

from django.utils.translation import gettext_lazy as _

from policies import rows, terms
from policies.files.nodes import Node

CITE_KEYS = ("clause", "document", "cite", "note")


class Lines:
    """Reads lines of one file; `document` is what they cite unless they name another."""

    def __init__(self, document: str):
        self.own = {"document": document, "clause": "", "cite_kind": terms.TEXT}

    def cite(self, node: Node, block: dict | None = None) -> dict:
        """The citation of a line; without one of its own it has its block's (but never its note)."""
        note = node.child("note").text()
        if not any(key in node for key in ("clause", "document", "cite")):
            return {**(block or self.own), "note": note}
        return {
            "document": node.child("document").text(self.own["document"], max_length=60),
            "clause": node.child("clause").text(max_length=60),
            "cite_kind": node.child("cite").choice(terms.CITE_KINDS, terms.TEXT),
            "note": note,
        }

    def condition(self, node: Node, block: dict) -> rows.ConditionRow:
        """`any`, or level (one, or [from, to]), kinds, run_by, in_city, named."""
        if node.value == "any":
            return rows.ConditionRow(**without_note(block))
        node.mapping("level", "kinds", "run_by", "in_city", "named", *CITE_KEYS)
        low, high = self.bounds(node.child("level"), high=3)
        return rows.ConditionRow(
            level_min=low,
            level_max=high,
            kinds=node.child("kinds").choices(terms.INSTITUTION_KINDS),
            affiliation=node.child("run_by").choice(terms.AFFILIATIONS, ""),
            in_city=node.child("in_city").flag(None),
            named=node.child("named").texts(),
            **self.cite(node, without_note(block)),
        )

    def bounds(self, node: Node, high: int) -> tuple[int | None, int | None]:
        """A whole number n (n to n), or [from, to] with null for no bound."""
        if not isinstance(node.value, list):
            number = node.whole(high=high)
            return number, number
        if len(node.value) != 2:
            node.fault(_("must be [from, to]"))
            return None, None
        low, top = (item.whole(high=high) for item in node.items())
        if low is not None and top is not None and low > top:
            node.fault(_("begins after it ends"))
        return low, top


def without_note(cite: dict) -> dict:
    return {**cite, "note": ""}
