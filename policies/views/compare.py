"""Any two versions compared, and all cities on a day beside each other."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from policies import access, checks, selectors, store
from policies.cities import local_name
from policies.compare import differences, side_by_side
from policies.models import City, PolicyVersion
from policies.selectors import STATE_LABELS
from policies.views.changes import by_title
from policies.views.rules import asked_day, document_keys, render


def page(admin, request):
    """`?a=` and `?b=`: two versions, of one city or of two. Without `a`, b against the version before it."""
    versions = {str(v.pk): v for v in _versions(request.user)}
    new = versions.get(request.GET.get("b", ""))
    old = versions.get(request.GET.get("a", ""))
    if new is not None and old is None and "a" not in request.GET:
        before = checks.version_before(new)
        old = before and versions.get(str(before.pk))
    contents = store.rows_of_many([old, new]) if old and new else {}
    found = differences(contents[old.pk], contents[new.pk]) if contents else []
    blocks, _others = by_title(found)
    return render(
        admin,
        request,
        "policies/desk/compare.html",
        _("Compare two versions"),
        choices=[(pk, _label(version)) for pk, version in versions.items()],
        old=old,
        new=new,
        old_label=old and _label(old),
        new_label=new and _label(new),
        blocks=blocks,
        count=len(found),
        documents=document_keys(),
    )


def _versions(user) -> QuerySet[PolicyVersion]:
    """What may be compared: everything in someone's cities that is not withdrawn, and what is published anywhere."""
    seen = access.in_scope(selectors.with_last_word(), user).filter(withdrawn=False)
    ordered = seen.select_related("city", "document")
    return ordered.order_by("city", "-effective_from", "-revision", "pk")


def _label(version: PolicyVersion) -> str:
    day = version.effective_from or _("no date yet")
    state = "" if version.is_published else f" · {STATE_LABELS[selectors.DRAFT]} {version.pk}"
    revision = f" r{version.revision}" if version.revision > 1 else ""
    return f"{local_name(version.city)} {day}{revision}{state}"


def cities(admin, request):
    """All cities of the reader on a day (`?on=`), benefit by benefit."""
    on, fault = asked_day(request)
    found = list(access.in_scope(City.objects.all(), request.user).order_by("code"))
    index = selectors.version_index()
    entries = [index.entry(city.pk, on) for city in found]
    keys = [entry.version_id for entry in entries if entry]
    versions = PolicyVersion.objects.select_related("city", "document").in_bulk(keys)
    contents = store.rows_of_many(versions.values())
    columns = [
        (city, versions[entry.version_id] if entry else None)
        for city, entry in zip(found, entries, strict=True)
    ]
    shown = [version for _city, version in columns]
    lines = side_by_side([version and contents[version.pk] for version in shown])
    return render(
        admin,
        request,
        "policies/desk/cities.html",
        _("All cities on a day"),
        on=on,
        asked=request.GET.get("on", ""),
        fault=fault,
        columns=columns,
        lines=[(line.title, list(zip(shown, line.cells, strict=True))) for line in lines],
        documents=document_keys(),
    )
