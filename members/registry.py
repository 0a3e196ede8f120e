"""Who wants to hear that facts about members or institutions changed: the claims they could touch live above.

A listener is called inside the transaction that writes the change, after the write, so what it records is
committed with the change or not at all. It must not change the facts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Fact(StrEnum):
    """What changed."""

    ENROLMENT = "enrolment"
    DEATH = "death"
    RETIREMENT = "retirement"
    PERSON = "person"  # birth date, contribution years above the minimum
    CONTRIBUTION = "contribution"
    REGISTRATION = "registration"
    CARE_PERIOD = "care_period"
    FAMILY = "family"
    STANDING = "standing"
    AGREEMENT = "agreement"
    DESIGNATION = "designation"
    INSTITUTION = "institution"  # name or city, by which tiers may match


@dataclass(frozen=True, slots=True)
class FactsChanged:
    """Something that adjudication may have used is different for service dates from `since` to `until`.

    Both days are inclusive; `until` None: without end. `cause` is a sentence for the list of what the change
    could affect; it names no person.
    """

    fact: Fact
    since: date
    until: date | None
    cause: str
    member_ids: tuple[int, ...] = ()
    institution_ids: tuple[int, ...] = ()


Listener = Callable[[FactsChanged], None]
_listeners: list[Listener] = []


def on_facts_changed(listener: Listener) -> Listener:
    """Registers a listener (also as a decorator), once per start of the process."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def facts_changed(change: FactsChanged) -> None:
    """Tells every listener, in the order in which they registered. Called by the services of this app."""
    for listener in tuple(_listeners):
        listener(change)
