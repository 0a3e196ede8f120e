"""What a claim would be settled as if it were adjudicated now. Nothing is written, locked or waited for."""

from datetime import datetime

from django.utils import timezone

from claims.content import Content
from claims.now import facts_now
from claims.sets import Incoming, Outcome, settle_one
from members.models import Institution


def quote(*, institution: Institution, content: Content, at: datetime) -> Outcome:
    """The outcome that a new claim of this institution would have, received at `at` and taken up at once.

    Claims of the member that still wait are not counted, since nobody can say what will become of them.
    """
    today = timezone.localdate(at, timezone.get_default_timezone())
    claim = Incoming(None, "", institution.code, content, today)
    return settle_one(facts_now(claim, on=today), claim)
