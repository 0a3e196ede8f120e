"""What a member has used of deductibles and limits in a year, and what is left of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from claims.engine import keys
from claims.engine.steps import EN, word
from policies.cites import Cite, cite
from policies.figures import yuan_short, yuan_text
from policies.terms import (
    ANNUAL,
    DAILY_INSTITUTION,
    EACH_DISEASE,
    ELIGIBLE_EXPENSE,
    MONTH,
    Figure,
    Limit,
    Terms,
)
from policies.wording import waiting_text


@dataclass(frozen=True)
class Mark:
    """A threshold on a gauge, such as another tier's deductible."""

    x: str
    label: str


@dataclass(frozen=True)
class Gauge:
    """How much of something is used. `left` and `total` are texts, "" where the amount is not set."""

    label: str
    used: str
    total: str
    left: str
    width: str
    cite: Cite | None = None
    marks: tuple[Mark, ...] = ()
    unset: str = ""


def gauges(terms: Terms, status: str, used: Mapping[str, int], reference: date, language: str) -> list[Gauge]:
    """The year's gauges for a member of `status`; `used` are accumulators, `reference` a day of the year."""
    found = [
        *_deductibles(terms, status, used, reference, language),
        *_daily(terms, used, reference, language),
    ]
    for limit in terms.limits:
        if status in limit.statuses:
            found += _limit(limit, terms, used, reference, language)
    if terms.critical_illness is not None:
        found.append(_critical(terms, used, reference))
    return found


def _deductibles(terms, status, used, reference, language) -> Iterable[Gauge]:
    """One gauge for each annual pool, marked with what each tier asks."""
    thresholds: dict[str, dict[int, list[str]]] = {}
    cites: dict[str, Cite] = {}
    for benefit in terms.benefits.values():
        if benefit.deductible_mode != ANNUAL or not benefit.cells:
            continue
        pool = thresholds.setdefault(benefit.deductible_pool, {})
        cites.setdefault(benefit.deductible_pool, _cite(terms, benefit.deductible_cite))
        for tier in terms.tiers:
            cell = benefit.cells.get((tier.code, status))
            if cell is not None and isinstance(cell.deductible, Figure):
                names = pool.setdefault(cell.deductible.value, [])
                name = tier.name_en if language == EN and tier.name_en else tier.name
                if name not in names:
                    names.append(name)
    for pool, asked in thresholds.items():
        label = _("deductible, %(pool)s") % {"pool": word(pool, language)}
        borne = used.get(keys.deductible_annual(pool, reference), 0)
        if not asked:
            yield Gauge(label, yuan_text(borne), "", "", "0%", cites[pool], unset=_("not set"))
            continue
        most = max(asked)
        marks = tuple(
            Mark(_share(value, most), f"{yuan_short(value)} · {', '.join(names)}")
            for value, names in sorted(asked.items())
        )
        yield _gauge(label, borne, most, cites[pool], marks)


def _daily(terms, used, reference, language) -> Iterable[Gauge]:
    """Deductibles kept by institution and day: what was borne in the year, against no total."""
    for benefit in terms.benefits.values():
        if benefit.deductible_mode == DAILY_INSTITUTION:
            prefix = f"deductible/{benefit.deductible_pool}@"
            borne = sum(value for key, value in used.items() if key.startswith(prefix))
            label = _("deductible, by institution and day")
            cite = _cite(terms, benefit.deductible_cite)
            yield Gauge(label, yuan_text(borne), "", "", "0%", cite, unset=_("begins anew each day"))


def _limit(limit: Limit, terms, used, reference, language) -> Iterable[Gauge]:
    basis = _("expense limit") if limit.basis == ELIGIBLE_EXPENSE else _("payment limit")
    kind = "expense" if limit.basis == ELIGIBLE_EXPENSE else "fund"
    period = _("month %(month)s") % {"month": f"{reference:%Y-%m}"} if limit.period == MONTH else _("year")
    for disease in _diseases(limit, used, kind, reference):
        name = word(limit.pool, language) + (f" {disease}" if disease else "")
        label = f"{name} · {basis} · {period}"
        value = used.get(keys.limit(kind, limit, disease, reference), 0)
        cite = _cite(terms, limit.amount.cite)
        if isinstance(limit.amount, Figure):
            yield _gauge(label, value, limit.amount.value, cite)
        else:
            unset = waiting_text(limit.amount.waits_for)
            yield Gauge(label, yuan_text(value), "", "", "0%", cite, unset=unset)


def _diseases(limit: Limit, used, kind: str, reference: date) -> list[str]:
    """Which gauges a limit has: one, or one for each disease that has used anything."""
    if limit.disease != EACH_DISEASE:
        return [limit.disease]
    prefix = f"{kind}/{limit.pool}:"
    return sorted({key.removeprefix(prefix).rsplit("/", 1)[0] for key in used if key.startswith(prefix)})


def _critical(terms: Terms, used, reference: date) -> Gauge:
    """The base of critical illness, against the top of its highest bounded band."""
    rule = terms.critical_illness
    base = used.get(keys.critical(reference), 0)
    tops = [band.above for band in rule.bands if band.above]
    most = max([*tops, base, 1])
    marks = tuple(Mark(_share(top, most), yuan_short(top)) for top in tops)
    label = _("critical illness: the year's base")
    return Gauge(label, yuan_text(base), "", "", _share(base, most), _cite(terms, rule.cite), marks)


def _gauge(label: str, used: int, total: int, cite: Cite, marks: tuple[Mark, ...] = ()) -> Gauge:
    left = yuan_text(max(0, total - used))
    return Gauge(label, yuan_text(used), yuan_text(total), left, _share(used, total), cite, marks)


def _share(part: int, whole: int) -> str:
    return f"{min(100, part * 100 / whole if whole else 100):.2f}%"


def _cite(terms: Terms, index: int) -> Cite:
    given = terms.cites[index]
    return cite(given.document, given.clause, given.kind, given.note)
