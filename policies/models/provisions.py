"""What a document says without figures."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.models.base import VersionRow


class Provision(VersionRow):
    """A provision without a figure of its own, kept with its clause for pages and reports."""

    class Topic(models.TextChoices):
        ELIGIBILITY = "eligibility", _("who is covered")
        DESIGNATION = "designation", _("designated institutions")
        COORDINATION = "coordination", _("coordination of benefits")
        LIMITS = "limits", _("payment limits")
        SUPPLEMENTS = "supplements", _("supplementary schemes")
        STATUS_CHANGE = "status_change", _("change of status")
        ACCOUNT = "account", _("personal account")
        SETTLEMENT = "settlement", _("settlement with institutions")
        BUDGET = "budget", _("institution budgets")

    topic = models.CharField(_("topic"), max_length=20, choices=Topic)
    text = models.CharField(_("provision"), max_length=300)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("provision")
        verbose_name_plural = _("provisions")

    def __str__(self):
        return self.get_topic_display()
