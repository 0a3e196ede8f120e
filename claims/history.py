"""What happened to claims, on the history pages of their members and institutions."""

from operator import attrgetter

from django.db.models import Q
from django.utils.translation import gettext as _

from claims.models import ClaimEvent, ReadjudicationRun, Watch
from members.models import Institution, Member
from policies.history import registry
from policies.history.entries import Change
from policies.history.sources import Events, Records, Told
from policies.wording import yuan_of


def _event(row: ClaimEvent) -> Told:
    return Told(
        told=row.get_kind_display(), what=row.claim.claim_number, reason=row.reason, who=row.actor_name
    )


def _run(row: ReadjudicationRun) -> Told:
    said = (
        Change(_("claims replayed"), "", f"{row.replayed:,}"),
        Change(_("claims changed"), "", f"{row.changed:,}"),
        Change(_("difference of fund payments"), "", yuan_of(row.fund_difference)),
    )
    return Told(told=_("replayed"), what=str(row.year), changes=said, reason=row.reason, who=row.actor_name)


def register() -> None:
    """Called when the app starts."""
    registry.register(
        Member,
        Records(Watch, ("member_id",)),
        Events(
            ClaimEvent,
            of=lambda members: Q(claim__member_number__in=members.values("number")),
            tell=_event,
            owner=attrgetter("claim.member_id"),
            related=("claim",),
            many=True,
        ),
        Events(
            ReadjudicationRun,
            of=lambda members: Q(member_id__in=members.values("pk")),
            tell=_run,
            owner=attrgetter("member_id"),
            at="started_at",
            many=True,
        ),
    )
    registry.register(Institution, Records(Watch, ("institution_id",)))
