from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person who logs in. `cities`: the cities in which staff may act (enforced with the roles)."""

    cities = models.ManyToManyField(
        "policies.City", verbose_name=_("cities"), blank=True, related_name="staff"
    )

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")
        verbose_name_plural = _("users")


class UserEvent(models.Model):
    """What was done to a login, by whom and why: append-only. Who leaves is deactivated, never deleted."""

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        ACTIVATED = "activated", _("activated")
        DEACTIVATED = "deactivated", _("deactivated")
        ROLES = "roles", _("roles changed")
        CITIES = "cities", _("cities changed")
        AMENDED = "amended", _("name or address changed")
        PASSWORD = "password", _("password set")

    user = models.ForeignKey(User, models.PROTECT, verbose_name=_("user"), related_name="events")
    kind = models.CharField(_("what"), max_length=12, choices=Kind)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    actor_name = models.CharField(_("actor"), max_length=150)
    reason = models.CharField(_("reason"), max_length=300)
    at = models.DateTimeField(_("at"))

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("change of a user")
        verbose_name_plural = _("changes of users")

    def __str__(self):
        return f"{self.user} {self.get_kind_display()}"
