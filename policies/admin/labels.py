"""How admin pages name fields and show what they hold: in yuan and percent, in words, without stored units."""

import re
from collections.abc import Iterable

from django.db import models
from django.utils.functional import lazystr
from django.utils.translation import gettext as _

from policies.figures import percent_text, price_text, yuan_text
from policies.wording import yuan_of

YUAN, PERCENT, PRICE = "yuan", "percent", "price"
SHOW = {
    YUAN: yuan_text,
    PERCENT: percent_text,
    PRICE: price_text,
}
# The same with its unit, where a figure stands in a sentence.
TOLD = {
    YUAN: yuan_of,
    PERCENT: percent_text,
    PRICE: lambda value: _("%(amount)s yuan") % {"amount": price_text(value)},
}
_UNIT = re.compile(r"\s*[（(][^（）()]*[)）]$")


class _PlainLabel:
    def __init__(self, model, name):
        self.model, self.name = model, name

    def __str__(self):
        return _UNIT.sub("", str(self.model._meta.get_field(self.name).verbose_name))


def plain_label(model: type[models.Model], name: str):
    """A field's label without the unit in which it is stored (lazy, by the reader's language)."""
    return lazystr(_PlainLabel(model, name))


def words(codes: Iterable[str] | None, choices=None) -> str:
    """A list of codes as the labels that people know."""
    labels = dict(choices or ())
    return "、".join(str(labels.get(code, code)) for code in codes or ())
