"""What a check of a version found: one line of the list that a reviewer reads."""

from dataclasses import dataclass

from policies.cites import Cite

HOLDS, BROKEN, DOUBTFUL = "✓", "✗", "!"
SUBMIT, APPROVE, PUBLISH = "submit", "approve", "publish"
ALWAYS = frozenset((SUBMIT, APPROVE, PUBLISH))
BEFORE_PUBLICATION = frozenset((APPROVE, PUBLISH))


@dataclass(frozen=True)
class Finding:
    """`mark` ✓ holds, ✗ forbids the steps in `forbids`, ! asks for a look. Texts are in the active language.

    `place` is the figure by the file's own keys, "" the version as a whole; `figures` what the sentence rests
    on, as people read them; `document` and `clause` what asks for it.
    """

    code: str
    mark: str
    title: str
    explanation: str = ""
    figures: tuple[str, ...] = ()
    document: str = ""
    clause: str = ""
    place: str = ""
    forbids: frozenset[str] = frozenset()

    @property
    def cite(self) -> Cite | None:
        """What asks for it, for pages that link there."""
        return Cite(self.document, self.clause) if self.document or self.clause else None

    def __str__(self):
        source = f"{self.document} {self.clause}".strip()
        text = self.explanation or self.title
        return f"{source}: {text}" if source else text


def forbidding(findings: list[Finding], step: str) -> list[Finding]:
    """Those that stand in the way of submitting, approving or publishing."""
    return [finding for finding in findings if step in finding.forbids]
