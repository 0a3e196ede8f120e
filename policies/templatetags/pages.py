"""Parts that several pages share."""

from django import template

from policies.cities import local_name, version_name
from policies.pages import note_mark

register = template.Library()


@register.inclusion_tag("pages/cite.html", takes_context=True)
def cite(context, where, own=None):
    """A clause with the passage one click away; `documents` in the context maps numbers to keys.

    The document is named where it is another than `own`, by default the page's own.
    """
    if not where:
        return {"where": None}
    own = own or context.get("own_document")
    return {
        "where": where,
        "document_id": context.get("documents", {}).get(where.document),
        "elsewhere": where.document if where.document != own else "",
        "mark": note_mark(where.note) if where.note else "",
    }


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
