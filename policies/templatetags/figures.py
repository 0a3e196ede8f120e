"""Filters for templates: integers in, what a person reads out. None stays empty: it is never shown as 0."""

from django import template

from policies import figures

register = template.Library()


def _filter(name, function):
    register.filter(name, lambda value: "" if value is None else function(value))


_filter("yuan", figures.yuan_text)
_filter("yuan_short", figures.yuan_short)
_filter("percent", figures.percent_text)
_filter("price", figures.price_text)
_filter("quantity", figures.quantity_text)
