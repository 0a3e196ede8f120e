"""Where other apps look upward: `policies` may not import them, so they register here when the apps start.

registry.register_publication_check(cases_hold)     # check(version, terms) → problems in words
registry.register_on_published(list_affected)       # hook(version, terms), inside the same transaction
"""

from collections.abc import Callable, Iterable

from policies.models import PolicyVersion
from policies.terms import Terms

PublicationCheck = Callable[[PolicyVersion, Terms], Iterable[str]]
PublicationHook = Callable[[PolicyVersion, Terms], None]

_checks: list[PublicationCheck] = []
_on_published: list[PublicationHook] = []
_on_withdrawn: list[PublicationHook] = []


def register_publication_check(check: PublicationCheck) -> None:
    """`check` names, in words, what forbids publishing a version; nothing where it may be published."""
    _add(_checks, check)


def register_on_published(hook: PublicationHook) -> None:
    """`hook` runs after a version was published, in its transaction: what it raises undoes the publication."""
    _add(_on_published, hook)


def register_on_withdrawn(hook: PublicationHook) -> None:
    """The same for a published version that is withdrawn."""
    _add(_on_withdrawn, hook)


def _add(registered: list, function) -> None:
    if function not in registered:
        registered.append(function)


def publication_problems(version: PolicyVersion, terms: Terms) -> list[str]:
    """What the registered checks have against publishing a version."""
    return [str(problem) for check in _checks for problem in check(version, terms)]


def published(version: PolicyVersion, terms: Terms) -> None:
    for hook in _on_published:
        hook(version, terms)


def withdrawn(version: PolicyVersion, terms: Terms) -> None:
    for hook in _on_withdrawn:
        hook(version, terms)
