"""2.10 day surgery at a standard per disease (Changchun 三(七))."""

from claims.engine.waterfall import fund_limits
from claims.engine.work import Work
from policies.money import share
from policies.terms import Limit


def pay(w: Work, limits: tuple[Limit, ...]) -> tuple[int, int]:
    """The fund always pays its rate of the standard; the member shares in what was spent, at most the standard.

    Returns (member's part, institution's part) in fen; the institution's is negative where it keeps a surplus.
    """
    standard = w.terms.day_surgery_standards[w.case.disease]
    rate = w.cell.rate.value
    w.result.fund_rate = rate
    w.fund = share(standard.value, rate)
    at = len(w.steps)
    fund_limits(w, limits)
    charged = min(w.total, standard.value)
    personal = charged - share(charged, rate) + w.over
    institution = w.total - w.fund - personal
    figures = (standard.value, w.total, rate, share(standard.value, rate), personal, institution)
    w.steps.insert(at, ("day_surgery", standard.cite, *figures))
    return personal, institution
