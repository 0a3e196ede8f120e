from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def id_number_checksum(first17: str) -> str:
    """The last character of a citizen number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, first17, strict=True)) % 11]


def validate_id_number(value: str) -> None:
    """Raises ValidationError unless `value` is an 18-digit citizen number with the right check character."""
    if len(value) != 18 or not (value[:17].isascii() and value[:17].isdigit()):
        raise ValidationError(
            _("An ID number has 18 characters: 17 digits and a check character."), "id_form"
        )
    if value[17] != id_number_checksum(value[:17]):
        raise ValidationError(
            _("The check character of the ID number is wrong: look for a typing error."), "id_check"
        )
