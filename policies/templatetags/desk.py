"""Parts of the policy desk's pages: boxes and rows of the editor."""

from django import forms, template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from policies.editor.forms import FOLDED
from policies.places import anchor

register = template.Library()
register.filter("anchor", anchor)


@register.simple_tag(takes_context=True)
def box(context, form, name, bare=False):
    """A field with its label, unit, faults, and what it was in the version compared with.

    `bare`: without the label, which the sentence around it says.
    """
    bound = form[name]
    field = bound.field
    faults = bound.errors if context["editor"].checked else ()
    several = isinstance(field, forms.MultipleChoiceField)
    label = _label(bound, several, bare)
    attrs = {"aria-label": field.label} if bare and not several else {}
    if faults:
        attrs |= {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}-faults"}
    unit = getattr(field, "unit", "")
    return format_html(
        '<{tag} class="box {kind}{bad}">{label}<span class="in">{widget}{unit}</span>{was}{faults}</{tag}>',
        tag="fieldset" if several else "div",
        kind=f"box-{name}",
        bad=" bad" if faults else "",
        label=label,
        widget=bound.as_widget(attrs=attrs),
        unit=format_html("<i>{}</i>", unit) if unit else "",
        was=_was(form, bound, name),
        faults=_faults(bound, faults),
    )


def _label(bound, several: bool, bare: bool):
    if several:
        return format_html('<legend class="{}">{}</legend>', "sr-only" if bare else "", bound.label)
    return "" if bare else format_html('<label for="{}">{}</label>', bound.id_for_label, bound.label)


def _was(form, bound, name):
    """What the field was before; hidden while it is the same, so that the page's script can show it."""
    was = form.was(name)
    if was is None:
        return ""
    hidden = mark_safe(" hidden") if was == form.now(name) else ""
    return format_html(
        '<span class="was" data-was="{}"{}>≠ {}</span>',
        was,
        hidden,
        _("was: %(text)s") % {"text": was or _("nothing")},
    )


def _faults(bound, faults):
    if not faults:
        return ""
    items = format_html_join("", "<li>✗ {}</li>", ((fault,) for fault in faults))
    return format_html('<ul class="faults" id="{}-faults" role="alert">{}</ul>', bound.auto_id, items)


@register.simple_tag(takes_context=True)
def boxes(context, form, names):
    """Several fields of a form, by their names."""
    return mark_safe("".join(conditional_escape(box(context, form, name)) for name in names.split()))


@register.simple_tag
def anchors(form):
    """The other names of a row as ids, so that links from checks and remarks find it."""
    return format_html_join("", '<span id="{}"></span>', ((anchor(place),) for place in form.places[1:]))


@register.inclusion_tag("policies/desk/row.html", takes_context=True)
def row(context, form, names, removable=True):
    """A row of the editor: its boxes, its clause, and under “more” where it stands."""
    return {
        "editor": context["editor"],
        "form": form,
        "names": names,
        "fold": " ".join((*form.folded, *FOLDED)),
        "removable": removable and "DELETE" in form.fields,
        "own_document": context.get("own_document"),
    }


@register.inclusion_tag("policies/desk/rowset.html", takes_context=True)
def rowset(context, found, names):
    """A set of rows with the button that adds one."""
    return {
        "editor": context["editor"],
        "found": found,
        "names": names,
        "own_document": context.get("own_document"),
    }


@register.inclusion_tag("policies/desk/more.html", takes_context=True)
def more(context, form):
    """Where a row stands beyond its clause, and its rarer fields, folded away until something is said there."""
    return {"editor": context["editor"], "form": form, "names": " ".join((*form.folded, *FOLDED))}


@register.inclusion_tag("policies/desk/remarks.html")
def remarks(form):
    """What checks and colleagues say about a row."""
    return {"remarks": form.remarks}
