"""Cities and their versions by name, in the reader's language."""

from django.db.models import Model
from django.utils.translation import get_language

from policies.models import City, PolicyVersion


def local_name(city: City | None) -> str:
    """Its English name for those who read English, where it has one."""
    if city is None:
        return ""
    english = (get_language() or "").startswith("en")
    return city.name_en if english and city.name_en else city.name


def version_name(version: PolicyVersion) -> str:
    """A version by its city, date and revision: "烟台市 2023-01-01", "烟台市 2023-01-01 r2"."""
    revision = f" r{version.revision}" if version.revision > 1 else ""
    return f"{local_name(version.city)} {version.effective_from or '?'}{revision}"


class Titled:
    """A record under the title that its pages give it: what breadcrumbs name."""

    def __init__(self, record: Model, title: str):
        self._record, self._title = record, title

    def __str__(self):
        return self._title

    def __getattr__(self, name):
        return getattr(self._record, name)
