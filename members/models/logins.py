from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models.institutions import Institution


class InstitutionLogin(models.Model):
    """What makes a user an institution's: he sees its upload pages and nothing else. Append-only.

    Made with the user and never changed; whoever leaves is deactivated as a user.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("user"),
        related_name="institution_login",
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, verbose_name=_("institution"), related_name="logins"
    )

    class Meta:
        ordering = ["institution", "user"]
        verbose_name = _("institution's login")
        verbose_name_plural = _("institutions' logins")

    def __str__(self):
        return str(self.user)
