"""The sample institutions: one of every kind and level in each city, with invented names.

Two names are real, since Zhenjiang's document names these hospitals; everything about them here is invented.
"""

from dataclasses import dataclass
from datetime import date

from policies.terms import BENEFITS, ORDINARY

SINCE = date(2020, 1, 1)
CITIES = {"220100": "长春", "321100": "镇江", "370600": "烟台", "410200": "开封", "500000": "重庆"}
NAMED_IN_THE_TEXT = {("321100", "top"): "镇江市第一人民医院", ("321100", "university"): "江苏大学附属医院"}


@dataclass(frozen=True, slots=True)
class Place:
    """An institution. `role` is its name in the stories; `until` the last day of its agreement."""

    city: str
    role: str
    code: str
    name: str
    level: int
    kind: str
    affiliation: str
    benefits: tuple[str, ...] = (ORDINARY,)
    until: date | None = None
    risen: tuple[date, int] | None = None  # a later standing: from a day on, another level


_HOSPITAL = tuple(BENEFITS)
_CLINIC_CARE = (ORDINARY, "chronic")
_CLOSED = date(2023, 12, 31)

# role: name, level, kind, run by, benefits, last day of the agreement, (from, level) where it rose
_KINDS = {
    "top": ("第一示例医院", 3, "general", "city", _HOSPITAL, None, None),
    "university": ("示例大学附属医院", 3, "general", "province", _HOSPITAL, None, None),
    "county": ("示例县人民医院", 2, "general", "city", _HOSPITAL, None, None),
    "district": ("示例区医院", 2, "general", "city", _HOSPITAL, None, (date(2024, 1, 1), 3)),
    "eye": ("示例眼科专科医院", 2, "specialist", "other", (ORDINARY, "special", "day_surgery"), None, None),
    "first": ("示例街道医院", 1, "general", "other", _CLINIC_CARE, None, None),
    "centre": ("样例社区卫生服务中心", 1, "community", "city", _CLINIC_CARE, None, None),
    "station": ("样例社区卫生服务站", 0, "station", "city", _CLINIC_CARE, None, None),
    "township": ("样例镇卫生院", 1, "township", "city", _CLINIC_CARE, None, None),
    "private": ("示例民营门诊部", 0, "clinic", "other", (), None, None),
    "closed": ("示例诊所（协议已终止）", 0, "clinic", "other", (ORDINARY,), _CLOSED, None),
    "pharmacy": ("示例大药房", 0, "pharmacy", "other", (ORDINARY,), None, None),
}


def _places(city: str) -> dict[str, Place]:
    found = {}
    for number, (role, (name, level, kind, affiliation, benefits, until, risen)) in enumerate(
        _KINDS.items(), 1
    ):
        letter = "P" if kind == "pharmacy" else "H"
        shown = NAMED_IN_THE_TEXT.get((city, role), f"{CITIES[city]}{name}")
        code = f"{letter}{city}{number:05d}"
        found[role] = Place(city, role, code, shown, level, kind, affiliation, benefits, until, risen)
    return found


PLACES: dict[str, dict[str, Place]] = {city: _places(city) for city in CITIES}
