"""An entry of a played story in words: what it was, and the steps that it took."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from claims.casebook.play import Played
from claims.engine.result import SETTLED
from claims.engine.steps import EN, ZH, sentence
from claims.messages import message
from policies.models.base import BenefitKind


def about(played: Played) -> str:
    """The entry in one line."""
    entry = played.entry
    if entry.reverse is not None:
        return f"reverse {entry.reverse}"
    if entry.credit is not None:
        return f"credit {entry.credit}"
    return f"{entry.benefit} at {entry.at}, {entry.on or entry.ends_on}"


def told(played: Played) -> str:
    """The same in the active language, with benefits by their names."""
    entry = played.entry
    if entry.reverse is not None:
        return _("entry %(number)s is taken back") % {"number": entry.reverse}
    if entry.credit is not None:
        return _("account credit of %(month)s") % {"month": entry.credit}
    return _("%(benefit)s at “%(place)s”, %(day)s") % {
        "benefit": BenefitKind(entry.benefit).label if entry.benefit else "",
        "place": entry.at,
        "day": entry.on or entry.ends_on,
    }


def steps_of(played: Played) -> list[str]:
    """The steps in the active language, or why there are none: what is wrong, or what it waits for."""
    outcome = played.outcome
    if outcome is None:
        return []
    language = ZH if (get_language() or "zh").startswith("zh") else EN
    if outcome.result.outcome != SETTLED:
        return [message(outcome.result.code, outcome.result.detail, language)]
    return [f"{number}. {sentence(s, outcome.terms, language)}" for number, s in enumerate(played.steps, 1)]
