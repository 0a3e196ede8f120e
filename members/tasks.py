from celery import shared_task
from django.utils import timezone

from members import selectors
from members.services.credits import credit_due_months


@shared_task
def credit_month() -> None:
    """The month's account credits of every city with a published version, and of months that were missed.

    What stands in one city's way does not keep the others from their credits.
    """
    at = timezone.now()
    failures = []
    for city in selectors.cities_with_policy():
        try:
            credit_due_months(city=city, on=timezone.localdate(at), at=at, actor=None)
        except Exception as failure:
            failure.add_note(f"city {city}")
            failures.append(failure)
    if failures:
        raise ExceptionGroup("account credits", failures)
