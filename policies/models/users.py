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
