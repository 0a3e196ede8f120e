"""Where a version stands on its way from a document to being in force, who brought it there, and who may go on."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from policies import access, models, selectors
from policies.models import AcceptanceCase, PolicyVersion, VersionComment, VersionEdit, VersionTransition
from policies.models.base import VersionRow
from policies.selectors import (
    APPROVAL_VOID,
    APPROVED,
    DRAFT,
    IN_FORCE,
    IN_REVIEW,
    SCHEDULED,
    STATE_LABELS,
    SUPERSEDED,
    WITHDRAWN,
)

Kind = VersionTransition.Kind

EDIT, SUBMIT, RETURN, APPROVE, PUBLISH, WITHDRAW, MAKE_DRAFT = (
    "edit",
    "submit",
    "return",
    "approve",
    "publish",
    "withdraw",
    "draft",
)
OPEN = (DRAFT, IN_REVIEW, APPROVED, APPROVAL_VOID)
# action: the states in which it can be taken, the permission that it needs.
_ACTIONS = {
    EDIT: (OPEN, access.EDIT_DRAFTS),
    SUBMIT: ((DRAFT,), access.SUBMIT),
    RETURN: ((IN_REVIEW, APPROVED, APPROVAL_VOID), access.REVIEW),
    APPROVE: ((IN_REVIEW, APPROVAL_VOID), access.REVIEW),
    PUBLISH: ((APPROVED,), access.PUBLISH),
    WITHDRAW: ((*OPEN, SCHEDULED), access.EDIT_DRAFTS),
    MAKE_DRAFT: ((*OPEN, SCHEDULED, IN_FORCE, SUPERSEDED, WITHDRAWN), access.MAKE_DRAFTS),
}

# The tables whose rows a version consists of.
ROW_MODELS: tuple[type[VersionRow], ...] = tuple(
    model for model in (getattr(models, name) for name in models.__all__) if issubclass(model, VersionRow)
)


@dataclass(frozen=True)
class Desk:
    """A version's standing. `fingerprint` and `cases` are of what it says now.

    `returned`: the return that is its last word, if it is; `submitted`: when it last went to review;
    `approval`: the last approval, if nothing came after it. `editors`: the keys of whoever has edited it.
    """

    version: PolicyVersion
    state: str
    transitions: tuple[VersionTransition, ...]
    editors: frozenset[int]
    fingerprint: str
    cases: str

    @property
    def label(self):
        return STATE_LABELS[self.state]

    @property
    def last(self) -> VersionTransition | None:
        return self.transitions[-1] if self.transitions else None

    @property
    def returned(self) -> VersionTransition | None:
        return self.last if self.last and self.last.kind == Kind.RETURNED else None

    @property
    def approval(self) -> VersionTransition | None:
        return self.last if self.last and self.last.kind == Kind.APPROVED else None

    @property
    def submitted(self) -> VersionTransition | None:
        return next((t for t in reversed(self.transitions) if t.kind == Kind.SUBMITTED), None)

    def actions(self, user) -> dict[str, str]:
        """For each action why this person cannot take it now; "" where he can."""
        return {action: self.problem(action, user) for action in _ACTIONS}

    def problem(self, action: str, user) -> str:
        """Why a person cannot take an action now: by right, by state, or because four eyes are needed."""
        states, permission = _ACTIONS[action]
        if self.state not in states:
            return state_problem(action, self.state)
        if action == WITHDRAW and self.state == SCHEDULED:
            permission = access.PUBLISH
        if not access.may(user, permission, self.version.city_id):
            return _("Your roles or your cities do not allow this.")
        return self.separation_problem(action, user.pk)

    def separation_problem(self, action: str, person: int) -> str:
        """Whoever edited a draft neither approves nor publishes it; approver and publisher are two people."""
        if action not in (APPROVE, PUBLISH):
            return ""
        if person in self.editors:
            return _("You have edited this version: somebody else has to do this.")
        if action == PUBLISH and self.approval is not None and self.approval.actor_id == person:
            return _("You have approved this version: somebody else has to publish it.")
        return ""


def state_problem(action: str, state: str) -> str:
    """Why an action does not go with a state; "" where it does."""
    states, _permission = _ACTIONS[action]
    if state in states:
        return ""
    if action == PUBLISH and state == APPROVAL_VOID:
        return _("It was edited after its approval, which is void: it has to be approved anew.")
    if action == PUBLISH and state in (DRAFT, IN_REVIEW):
        return _("It is not approved.")
    if action == WITHDRAW and state in (IN_FORCE, SUPERSEDED):
        return _("It has taken effect: it can only be followed by another version, or corrected.")
    return _("This cannot be done with a version that is %(state)s.") % {"state": STATE_LABELS[state]}


def desk_of(version: PolicyVersion, on: date) -> Desk:
    """A version's standing as of a day. The number of queries does not depend on how much it says."""
    [(fingerprint, cases)] = selectors.content_fingerprints([version]).values()
    return Desk(
        version=version,
        state=selectors.state_of(version, on),
        transitions=tuple(version.transitions.select_related("actor").order_by("pk")),
        editors=editors_of(version),
        fingerprint=fingerprint,
        cases=cases,
    )


def editors_of(version: PolicyVersion) -> frozenset[int]:
    """Whoever has edited a version: by the record of edits, and by the history of its rows. One query.

    Publishing is no edit, though it leaves a history record of the version.
    """
    first, *others = [
        VersionEdit.objects.filter(version=version, editor__isnull=False).values_list("editor_id").order_by(),
        *(history.values_list("history_user_id").order_by() for history in _histories(version)),
    ]
    return frozenset(person for (person,) in first.union(*others))


def is_untouched(version: PolicyVersion) -> bool:
    """Whether a command made it and nobody has had a hand in it: such a version a command may publish."""
    return version.loaded and not editors_of(version)


def _histories(version: PolicyVersion) -> list[QuerySet]:
    kept = [PolicyVersion.history.filter(id=version.pk, published_at__isnull=True)]
    kept += [model.history.filter(version_id=version.pk) for model in (*ROW_MODELS, AcceptanceCase)]
    return [history.filter(history_user__isnull=False) for history in kept]


@dataclass(frozen=True)
class Waiting:
    """A version that waits for somebody: since when, by whose last step, and for what reason."""

    version: PolicyVersion
    state: str
    since: datetime
    by: str
    reason: str

    @property
    def label(self):
        return STATE_LABELS[self.state]


@dataclass(frozen=True)
class Inbox:
    """What waits in someone's cities, the longest first. `approved` includes approvals that are void."""

    drafts: tuple[Waiting, ...]
    returned: tuple[Waiting, ...]
    in_review: tuple[Waiting, ...]
    approved: tuple[Waiting, ...]


def inbox(user) -> Inbox:
    """The versions under way in someone's cities, by what they wait for. A constant number of queries."""
    under_way = access.in_scope(selectors.with_last_word(), user)
    under_way = under_way.filter(published_at__isnull=True, withdrawn=False)
    versions = list(under_way.select_related("city", "document"))
    words = selectors.last_words(versions)
    states = selectors.open_states(versions)
    waiting = sorted(
        (
            _waiting(version, states[version.pk], words[version.pk])
            for version in versions
            if version.pk in words
        ),
        key=lambda entry: entry.since,
    )

    def of(*wanted: str, returned: bool = False) -> tuple[Waiting, ...]:
        return tuple(
            entry
            for entry in waiting
            if entry.state in wanted and (words[entry.version.pk].kind == Kind.RETURNED) == returned
        )

    return Inbox(of(DRAFT), of(DRAFT, returned=True), of(IN_REVIEW), of(APPROVED, APPROVAL_VOID))


def _waiting(version: PolicyVersion, state: str, word: VersionTransition) -> Waiting:
    return Waiting(version, state, word.at, word.actor_name, word.reason)


@dataclass(frozen=True)
class Thread:
    """A remark with what was answered, the first row first. `open` until its last row settles it."""

    rows: tuple[VersionComment, ...]

    @property
    def place(self) -> str:
        return self.rows[0].place

    @property
    def open(self) -> bool:
        said = [row.kind for row in self.rows if row.kind != VersionComment.Kind.COMMENT]
        return not said or said[-1] != VersionComment.Kind.RESOLVED


def threads(version: PolicyVersion) -> list[Thread]:
    """The remarks on a version, in the order in which they began. One query."""
    found: dict[int, list[VersionComment]] = {}
    for row in version.comments.select_related("author").order_by("pk"):
        found.setdefault(row.about_id or row.pk, []).append(row)
    return [Thread(tuple(rows)) for rows in found.values()]
