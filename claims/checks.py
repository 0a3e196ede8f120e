"""What `manage.py check --database default` (and every `migrate`) looks at of this app's tables."""

from django.core.checks import Tags, Warning, register
from django.utils import timezone

from claims.partitions import missing_parts, part


@register(Tags.database)
def parts_ahead(app_configs, databases=None, **_kwargs) -> list[Warning]:
    """Warns where the current year or the next has no part of its own: its claims go to the default one."""
    found = []
    for alias in databases or ():
        lacking = missing_parts(alias, at=timezone.now(), ahead=1)
        names = [part(parted, year).name for parted, year in lacking]
        if names:
            found.append(
                Warning(
                    f"Parts of claims and settlements are missing: {', '.join(names)}.",
                    hint="Run `manage.py make_partitions` as the tables' owner before the year begins.",
                    id="claims.W001",
                )
            )
    return found
