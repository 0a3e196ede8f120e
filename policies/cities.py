"""Cities by name, in the reader's language."""

from django.utils.translation import get_language

from policies.models import City


def local_name(city: City | None) -> str:
    """Its English name for those who read English, where it has one."""
    if city is None:
        return ""
    english = (get_language() or "").startswith("en")
    return city.name_en if english and city.name_en else city.name
