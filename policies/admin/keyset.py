"""Lists of tables with millions of rows: pages by key instead of by number, and counts that are estimates.

A page begins after the key at which the last one ended, so that the thousandth costs what the first does. What
is filtered by is looked for among a bounded number of rows; where they do not fill a page, it says how far was
looked, and goes on from there. A list whose filter leaves few rows, by the database's own estimate, is simply
read whole, and counted.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.contrib.admin import ShowFacets
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from unfold.views import ChangeList

# The planner's own unit; about a tenth of a second. What costs less in all is neither estimated nor cut short.
CHEAP = 10_000
# How many rows are looked at for a page: few at first, as most filters leave most rows.
WINDOWS = (1_000, 10_000, 50_000)
# Where nothing estimates, nothing is counted further than anyone would page.
COUNTED = 10_000
AFTER, BEFORE = "after", "before"


@dataclass(frozen=True)
class Estimate:
    """What the database expects of a query: rows, and what reading them all costs."""

    rows: int
    cost: float


@dataclass
class KeysetPage:
    """Stands for the paginator in templates: how many rows there are, and where the pages beside this begin.

    `looked`: how far was looked, in words, where that ended before the page was full.
    """

    per_page: int
    count: int = 0
    is_exact: bool = True
    previous: str | None = None
    next: str | None = None
    first: str | None = None
    looked: str = ""
    template_name: str = field(default="pages/keyset.html", init=False)

    @property
    def num_pages(self) -> int:
        return 1

    @property
    def told(self) -> str:
        """How many rows there are; "about" where that is an estimate, which has no exact last digits."""
        if self.is_exact:
            return f"{self.count:,}"
        rounded = round(self.count, -max(0, len(str(self.count)) - 3))
        return _("about %(count)s") % {"count": f"{rounded:,}"}


class KeysetChangeList(ChangeList):
    """A list by the admin's `ordering`: fields that together are unique and indexed, all in one direction."""

    def __init__(self, request, *args, **kwargs):
        self.request = request
        super().__init__(request, *args, **kwargs)

    def get_ordering(self, request, queryset):
        return list(self.model_admin.get_ordering(request))

    def get_results(self, request):
        ordering = self.get_ordering(request, self.queryset)
        self._fields = [name.removeprefix("-") for name in ordering]
        self._descending = ordering[0].startswith("-")
        side, key = self._cursor(request.GET.get(PAGE_VAR, ""))
        page = KeysetPage(self.list_per_page)
        estimate = _estimate(self.queryset)
        whole = estimate is None or estimate.cost <= CHEAP
        if whole:
            page.count = self.queryset.order_by()[: COUNTED + 1].count()
            page.is_exact = page.count <= COUNTED
            page.count = min(page.count, COUNTED)
        else:
            page.count, page.is_exact = estimate.rows, False
        rows, looked = self._rows(side, key, whole)
        self._link(page, side, key, rows, looked)
        self.result_list = rows[: self.list_per_page]
        if side == BEFORE:
            self.result_list.reverse()
        # The same, so that only the foot of the list tells it.
        self.result_count = self.full_result_count = page.count
        self.show_full_result_count, self.show_admin_actions = False, True
        self.can_show_all = self.multi_page = False
        self.paginator = page

    # --- which rows -----------------------------------------------------------------------------------

    def _rows(self, side: str, key: list, whole: bool) -> tuple[list[Model], list]:
        """One row more than a page holds, from the key on; and the key where looking for them ended early."""
        wanted = self.list_per_page + 1
        found = self._towards(self.queryset, side)
        if key:
            found = found.filter(self._beyond(key, side))
        if whole or not self._is_filtered():
            return list(found[:wanted]), []
        rows, end = [], []
        for size in WINDOWS:
            end = self._end_of_window(side, key, size)
            if not end:
                return list(found[:wanted]), []
            rows = list(found.filter(self._up_to(end, side))[:wanted])
            if len(rows) == wanted:
                return rows, []
        return rows, end

    def _is_filtered(self) -> bool:
        return bool(self.queryset.query.where)

    def _end_of_window(self, side: str, key: list, size: int) -> list:
        """The key of the last of the next `size` rows that the list goes through; empty where there are fewer."""
        through = self._towards(self._base(), side)
        if key:
            through = through.filter(self._beyond(key, side))
        return list(next(iter(through.values_list(*self._fields)[size - 1 : size]), ()))

    def _base(self) -> QuerySet:
        return self.model_admin.keyset_base(self.request)

    def _towards(self, queryset: QuerySet, side: str) -> QuerySet:
        sign = "-" if self._descending != (side == BEFORE) else ""
        return queryset.order_by(*(f"{sign}{name}" for name in self._fields))

    def _beyond(self, key: list, side: str) -> Q:
        """What comes after the key in the list's order, or before it."""
        return self._beside(key, "lt" if self._descending != (side == BEFORE) else "gt", "")

    def _up_to(self, key: list, side: str) -> Q:
        """What does not: the key's own row, and those on this side of it."""
        return self._beside(key, "gt" if self._descending != (side == BEFORE) else "lt", "e")

    def _beside(self, key: list, than: str, equal: str) -> Q:
        first, *others = self._fields
        if not others:
            return Q(**{f"{first}__{than}{equal}": key[0]})
        # The first condition alone finds the place in the index; the second leaves out what equals it there.
        same = Q(**{first: key[0], f"{others[0]}__{than}{equal}": key[1]})
        return Q(**{f"{first}__{than}e": key[0]}) & (Q(**{f"{first}__{than}": key[0]}) | same)

    # --- the pages beside it --------------------------------------------------------------------------

    def _link(self, page: KeysetPage, side: str, key: list, rows: list, end: list) -> None:
        more, shown = len(rows) > self.list_per_page, rows[: self.list_per_page]
        onward = self._address(side, self._key_of(shown[-1])) if more else None
        if end and not more:
            page.looked, onward = self._place(end), self._address(side, end)
        back = None
        if key:
            # Where this page is empty, back is where it was come from.
            other = AFTER if side == BEFORE else BEFORE
            back = self._address(other, self._key_of(shown[0]) if shown else key)
            page.first = self.get_query_string(remove=[PAGE_VAR])
        page.next, page.previous = (back, onward) if side == BEFORE else (onward, back)

    def _place(self, key: list) -> str:
        """Where a key stands, in words: by the time of its row, where the list has one."""
        name = self.model_admin.keyset_time
        row = (
            self._base().filter(**dict(zip(self._fields, key, strict=True))).values_list(name or "pk").first()
        )
        if not name or row is None:
            return str(key[0])
        return date_format(timezone.localtime(row[0]), "DATETIME_FORMAT")

    def _key_of(self, row: Model) -> list:
        return [getattr(row, self._attname(name)) for name in self._fields]

    def _attname(self, name: str) -> str:
        return self.opts.pk.attname if name == "pk" else self.opts.get_field(name).attname

    def _address(self, side: str, key: list) -> str:
        return self.get_query_string({PAGE_VAR: f"{side}:{','.join(str(value) for value in key)}"})

    def _cursor(self, text: str) -> tuple[str, list[Any]]:
        """The side and key of a page's address; any other is the first page."""
        side, colon, key = text.partition(":")
        if not colon:
            return AFTER, []
        parts = key.split(",")
        if side not in (AFTER, BEFORE) or len(parts) != len(self._fields):
            raise IncorrectLookupParameters
        try:
            return side, [
                self._field(name).to_python(part) for name, part in zip(self._fields, parts, strict=True)
            ]
        except ValidationError as error:
            raise IncorrectLookupParameters from error

    def _field(self, name: str):
        found = self.opts.pk if name == "pk" else self.opts.get_field(name)
        return getattr(found, "target_field", found)


class KeysetList:
    """For the admin of a table of millions: see this module. Its `ordering` is its key.

    `keyset_time`: the field with a row's time, by which it is told how far was looked.
    """

    keyset_time = ""
    list_before_template = "pages/keyset_looked.html"
    show_facets = ShowFacets.NEVER  # each would count the table once more
    sortable_by = ()

    def get_changelist(self, request, **kwargs):
        return KeysetChangeList

    def keyset_base(self, request) -> QuerySet:
        """The rows that the list goes through, before scope and filters: by an index that has them in order."""
        return self.model._default_manager.all()


def _estimate(queryset: QuerySet) -> Estimate | None:
    """What the planner expects of the whole query; None where the database tells no such thing."""
    connection = connections[queryset.db]
    if connection.vendor != "postgresql":
        return None
    plain = queryset.order_by().select_related(None).only("pk")
    # As the statement that the database driver runs: what it explains must be what is run.
    told = plain.explain(format="json")
    if not told:  # Django knew beforehand that nothing fits, and asked nobody
        return Estimate(0, 0.0)
    plan = msgspec.json.decode(told)[0]["Plan"] if isinstance(told, str) else told[0]["Plan"]
    return Estimate(int(plan["Plan Rows"]), float(plan["Total Cost"]))
