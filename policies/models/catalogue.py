from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from policies.models.base import ItemKind
from policies.models.fields import rate_field


class CatalogueItem(models.Model):
    """医保目录: an item of a city's catalogue from a date on, until its next row (large, changes monthly).

    `upfront` is class B's share in ten-thousandths (null: not known, so claims wait); `ceiling` the highest
    price in ten-thousandths of a yuan. Class C from a date on is how an item leaves the catalogue.
    """

    class Class(models.TextChoices):
        A = "A", _("class A")
        B = "B", _("class B")
        C = "C", _("class C")

    city = models.ForeignKey(
        "policies.City", models.PROTECT, verbose_name=_("city"), related_name="catalogue"
    )
    code = models.CharField(_("item code"), max_length=50)
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=ItemKind, default=ItemKind.DRUG)
    item_class = models.CharField(_("class"), max_length=1, choices=Class)
    upfront = rate_field(_("upfront share (ten-thousandths)"), null=True, blank=True)
    ceiling = models.BigIntegerField(
        _("price ceiling (ten-thousandths of a yuan)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    negotiated = models.BooleanField(_("negotiated drug"), default=False)
    valid_from = models.DateField(_("valid from"))
    history = HistoricalRecords()

    class Meta:
        ordering = ["city", "code", "valid_from"]
        verbose_name = _("catalogue item")
        verbose_name_plural = _("catalogue items")
        constraints = [
            models.UniqueConstraint(fields=["city", "code", "valid_from"], name="catalogue_item_once"),
            models.CheckConstraint(
                condition=models.Q(upfront__isnull=True) | models.Q(upfront__range=(0, 10_000)),
                name="catalogue_upfront_within_one",
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name}".strip()
