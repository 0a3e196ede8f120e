"""A version's tiers held against the institutions of its city (registered with policies.registry)."""

from collections.abc import Iterator
from datetime import date

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import Institution, InstitutionStanding
from policies.compiler import condition_of
from policies.findings import DOUBTFUL, HOLDS, Finding
from policies.models import PolicyVersion
from policies.rows import TierRow, VersionRows
from policies.terms import PHARMACY
from policies.wording import conditions_text, listed, tier_names

_NAMED = 5


def tiers_and_institutions(version: PolicyVersion, content: VersionRows) -> Iterator[Finding]:
    """Tiers that no institution of the city falls into, and institutions that fall into none.

    Both may be meant (a tier for hospitals elsewhere, stations without a tier), so they ask for a look only.
    A pharmacy is never matched against tiers. As of the version's date, or as things stand last.
    """
    places = list(_standings(version.city_id, content.effective_from or date.max))
    if not places:
        text = _("No institution of the city is registered: the tiers cannot be tried.")
        yield Finding("tiers", DOUBTFUL, _("Tiers and institutions"), text)
        return
    used, without = set(), []
    for place in places:
        tier = _tier_of(place, content.tiers)
        used.add(tier)
        if tier is None:
            without.append(place.name)
    found = [*_unused(content, used), *_without_tier(without)]
    yield from found or [Finding("tiers", HOLDS, _("Every tier has institutions, every institution a tier"))]


def _standings(city: str, day: date) -> QuerySet[Institution]:
    """The city's institutions with what they are on a day, in one query; without those that are nothing yet."""
    then = InstitutionStanding.objects.filter(institution=OuterRef("pk"), starts_on__lte=day)
    then = then.order_by("-starts_on")
    found = Institution.objects.filter(city=city).annotate(
        level=Subquery(then.values("level")[:1]),
        kind=Subquery(then.values("kind")[:1]),
        affiliation=Subquery(then.values("affiliation")[:1]),
    )
    return found.exclude(kind=None).exclude(kind=PHARMACY).order_by("code")


def _tier_of(place: Institution, tiers: list[TierRow]) -> str | None:
    asked = (place.level, place.kind, place.affiliation, True, place.code, place.name)
    for tier in tiers:
        if any(condition_of(row).fits(*asked) for row in tier.conditions):
            return tier.code
    return None


def _unused(content: VersionRows, used: set[str | None]) -> Iterator[Finding]:
    names = tier_names(content)
    for tier in content.tiers:
        if tier.code in used:
            continue
        text = _("No institution of the city falls into “%(tier)s” (%(conditions)s).")
        yield Finding(
            "tiers",
            DOUBTFUL,
            _("A tier without institutions"),
            text % {"tier": names[tier.code], "conditions": conditions_text(tier.conditions)},
            document=tier.document,
            clause=tier.clause,
            place=f"tiers.{tier.code}",
        )


def _without_tier(names: list[str]) -> Iterator[Finding]:
    if names:
        text = ngettext(
            "%(count)s institution of the city falls into no tier: %(names)s",
            "%(count)s institutions of the city fall into no tier: %(names)s",
            len(names),
        )
        more = " …" if len(names) > _NAMED else ""
        yield Finding(
            "tiers",
            DOUBTFUL,
            _("Institutions without a tier"),
            text % {"count": len(names), "names": listed(names[:_NAMED]) + more},
            figures=(str(len(names)),),
            place="tiers",
        )
