"""The fields of a version's parameters. Money is fen, rates are ten-thousandths.

A figure that is null with a text in its `…waits_for` is unset (another document or rule has it);
null without one, where the figure is needed, is a gap.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


def rate_field(label, **kwargs):
    """A rate or share in ten-thousandths, 0 to 10 000."""
    validators = [MinValueValidator(0), MaxValueValidator(10_000)]
    return models.IntegerField(label, validators=validators, **kwargs)


def fen_field(label, **kwargs):
    """An amount in fen, never negative."""
    return models.BigIntegerField(label, validators=[MinValueValidator(0)], **kwargs)


def waits_for_field(label=None):
    return models.CharField(label or _("waits for"), max_length=100, blank=True)
