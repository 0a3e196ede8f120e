"""Parts that several pages share."""

from urllib.parse import quote

from django import template
from django.urls import reverse
from django.utils.html import format_html

from policies.cites import note_mark
from policies.cities import local_name, version_name

register = template.Library()


@register.simple_tag(takes_context=True)
def cite(context, where, own=None):
    """A clause with the passage one click away; `documents` in the context maps numbers to keys.

    The document is named where it is another than `own`, by default the page's own. Not a template of its own:
    a page has hundreds of clauses.
    """
    if not where:
        return ""
    own = own or context.get("own_document")
    elsewhere = where.document if where.document != own else ""
    key = context.get("documents", {}).get(where.document)
    mark = note_mark(where.note) if where.note else ""
    return format_html(
        '<span class="cite">{}{}</span>{}',
        _clause(where, f"{elsewhere} {where.clause}".strip(), key),
        format_html(' <abbr title="{}" tabindex="0">{}</abbr>', where.note, mark) if mark else "",
        format_html(' <span class="basis">{}</span>', where.basis) if where.basis else "",
    )


def _clause(where, text: str, key: int | None):
    """What is said of where it stands, as a link to the passage where the document is registered."""
    if not text or key is None:
        return text
    address = reverse("admin:policies_policydocument_page", args=[key])
    if where.clause:
        address += f"?clause={quote(where.clause)}#clause"
    return format_html('<a href="{}" title="{}">{}</a>', address, where.document, text)


@register.filter
def city_name(city):
    """A city in the reader's language."""
    return local_name(city)


@register.filter(name="version_name")
def version_name_filter(version):
    """A version by city, date and revision, in the reader's language."""
    return version_name(version)


@register.filter
def lookup(mapping, key):
    """The entry of a mapping under a key that a variable holds; None without one."""
    return mapping.get(key)
