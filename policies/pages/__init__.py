"""A policy version as its page shows it: sections of rows of cells, in the order of the document's clauses.

Built from plain rows, so a draft with gaps can be shown too. Every text is final: templates only place it.
What the text leaves open is UNSET with what it waits for, never 0; what it does not give is NOT_OFFERED.
"""

from collections.abc import Iterable

from policies import rows
from policies.cites import note_mark
from policies.pages import accounts, benefits, tables
from policies.pages.comparison import compared
from policies.pages.pieces import Section

# Beside the benefits with terms of their own; each makes its section, or None where nothing is said.
_BUILDERS = (
    tables.tiers,
    benefits.elsewhere,
    tables.limits,
    tables.admissions,
    tables.critical_illness,
    tables.standards,
    tables.entitlement,
    tables.out_of_area,
    accounts.contributions,
    accounts.credits,
    accounts.uses,
    tables.provisions,
)


def sections(version: rows.VersionRows, base: rows.VersionRows | None = None) -> list[Section]:
    """Everything that a version says. With `base`, what differs from it carries what it was."""
    found = sorted(_built(version), key=lambda section: section.order)
    if base is None:
        return found
    before = {section.anchor: section for section in _built(base)}
    return [compared(section, before.get(section.anchor)) for section in found]


def _built(version: rows.VersionRows) -> list[Section]:
    version = rows.canonical(version)
    own = [benefits.benefit(version, row) for row in version.benefits if row.terms]
    others = [build(version) for build in _BUILDERS]
    return [section for section in (*own, *others) if section is not None]


def notes(found: Iterable[Section]) -> list[tuple[str, str]]:
    """The interpretation notes of a page, each once: (mark such as "I-6", text)."""
    texts: dict[str, None] = {}
    for section in found:
        cites = [section.cite, *(fact.cite for fact in section.facts)]
        cites += [cite for row in section.rows for cite in row.cites]
        texts.update(dict.fromkeys(cite.note for cite in cites if cite and cite.note))
    return [(note_mark(text), text) for text in texts]
