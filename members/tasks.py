from celery import shared_task
from django.utils import timezone

from members import selectors
from members.services.credits import credit_due_months


@shared_task
def credit_month() -> None:
    """The month's account credits of every city with a published version; what was missed before, too."""
    at = timezone.now()
    for city in selectors.cities_with_policy():
        credit_due_months(city=city, on=timezone.localdate(at), at=at, actor=None)
