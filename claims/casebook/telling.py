"""An entry of a played story in words: what it was, and the steps that it took."""

from django.utils.translation import get_language

from claims.casebook.play import Played
from claims.engine.steps import EN, ZH, sentence


def about(played: Played) -> str:
    """The entry in one line."""
    entry = played.entry
    if entry.reverse is not None:
        return f"reverse {entry.reverse}"
    if entry.credit is not None:
        return f"credit {entry.credit}"
    return f"{entry.benefit} at {entry.at}, {entry.on or entry.ends_on}"


def steps_of(played: Played) -> list[str]:
    """The steps in the active language, or what the entry waits for."""
    outcome = played.outcome
    if outcome is None or outcome.terms is None:
        return []
    if outcome.result.detail:
        return [", ".join(map(str, outcome.result.detail))]
    language = ZH if (get_language() or "zh").startswith("zh") else EN
    return [f"{number}. {sentence(s, outcome.terms, language)}" for number, s in enumerate(played.steps, 1)]
