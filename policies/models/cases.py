from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from policies.models.versions import PolicyVersion


class AcceptanceCase(models.Model):
    """A worked case (spec 4) that a version has to pass: one story as YAML, frozen with its version.

    `last_on` is the latest date in the story: a case that ends before its version begins tests nothing of it.
    """

    version = models.ForeignKey(
        PolicyVersion, models.CASCADE, verbose_name=_("policy version"), related_name="cases"
    )
    name = models.CharField(_("name"), max_length=200)
    text = models.TextField(_("case (YAML)"))
    last_on = models.DateField(_("last date"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("acceptance case")
        verbose_name_plural = _("acceptance cases")
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="acceptance_case_once")]

    def __str__(self):
        return self.name
