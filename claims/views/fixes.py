"""Where the cause of a group of pended claims is mended."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import msgspec
from django.urls import reverse
from django.utils.translation import gettext as _

from policies.selectors import version_index, with_withdrawal


@dataclass(frozen=True)
class Fix:
    """A page, and what to do there."""

    label: str
    address: str


class Fixes:
    """Finds fixes for any number of groups, from the drafts and published versions as two queries found them."""

    def __init__(self):
        self.index = version_index()
        drafts = with_withdrawal().filter(published_at__isnull=True, withdrawn=False).order_by("-pk")
        self.drafts = list(drafts.values_list("city_id", "effective_from", "pk"))

    def fix(self, city: str, code: str, detail: str, first_day: date | None) -> Fix | None:
        """The page for a group; None where it is not ours to mend, or is decided with the claims themselves."""
        if code in ("awaiting_inpatient", "review"):
            return None
        if (item := _catalogue_item(code, detail)) is not None:
            query = urlencode({"q": item, "city__code__exact": city})
            address = reverse("admin:policies_catalogueitem_changelist")
            return Fix(_("Open the catalogue"), f"{address}?{query}")
        draft = self._draft_for(city, first_day)
        if draft is not None:
            return Fix(_("Open the draft"), _version(draft))
        in_force = self.index.entry(city, first_day) if first_day else None
        if in_force is not None:
            return Fix(_("Make a draft from the version in force"), _version(in_force.version_id))
        address = reverse("admin:policies_policyversion_changelist")
        return Fix(_("Open the city's versions"), f"{address}?city__code__exact={city}")

    def _draft_for(self, city: str, day: date | None) -> int | None:
        """The newest draft that would apply on a service date, or that has no date yet."""
        return next(
            (
                key
                for where, starts, key in self.drafts
                if where == city and (day is None or starts is None or starts <= day)
            ),
            None,
        )


def _catalogue_item(code: str, detail: str) -> str | None:
    """The item whose upfront share is missing, where that is what is missing."""
    if code != "parameter_missing":
        return None
    name = msgspec.json.decode(detail)[0][0]
    return name.removeprefix("catalogue ").split(":")[0] if name.startswith("catalogue ") else None


def _version(key: int) -> str:
    return reverse("admin:policies_policyversion_change", args=[key])
