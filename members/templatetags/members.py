"""Personal data in templates: only masked."""

from django import template

from members.masking import mask_id_number

register = template.Library()


@register.filter
def masked(number):
    """A member or citizen number with its middle starred."""
    return mask_id_number(number)
