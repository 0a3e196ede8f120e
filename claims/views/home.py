"""The first page: what waits for whoever reads it, by what his roles let him do; then what is in force."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from claims.affected import open_notices
from claims.ids import first_uuid7
from claims.models import Claim, ClaimBatch
from claims.views.money import fund_paid
from claims.views.pended import groups, pended_claims
from claims.views.statement import language_of
from members.models import InstitutionKey
from members.services import keys
from policies import access, desk, selectors, waiting
from policies.admin.history import address_of, latest_history
from policies.admin.people import idle
from policies.figures import yuan_text
from policies.history.wanted import Wanted
from policies.models import City, User

_SHOWN = 5
_WEEK = timedelta(days=7)
_KEYS = "members.institutionkey"


@dataclass(frozen=True)
class Tile:
    """A number with what it counts, and the list behind it. `bad`: it should be nothing."""

    label: str
    number: str
    note: str
    address: str
    bad: bool = False


@dataclass(frozen=True)
class Section:
    """What waits for one kind of work. `waiting`: the versions that do, the longest first.

    `empty`: what is said where none does, with `ways` (label, address) to begin.
    """

    title: str
    tiles: tuple[Tile, ...]
    waiting: tuple[desk.Waiting, ...] = ()
    empty: str = ""
    ways: tuple[tuple[str, str], ...] = ()


def dashboard(request, context: dict) -> dict:
    """Adds to the first page what waits for this person."""
    user, now = request.user, timezone.now()
    context["title"] = _("Home")
    context["sections"] = sections = []
    inbox = desk.inbox(user) if access.may(user, access.VIEW_VERSIONS) else None
    if access.may(user, access.MAKE_DRAFTS):
        sections.append(_officer(user, inbox, now))
    if access.may(user, access.REVIEW):
        sections.append(_reviewer(inbox, now))
    if access.may(user, access.PUBLISH):
        sections.append(_publisher(inbox, now))
    if access.may(user, "claims.view_claim"):
        context |= _claims(user, now)
        sections.append(_queue(user, context["pended_total"], context["pended_oldest"], now))
    if access.may(user, access.EXPORT_HISTORY):
        sections.append(_week(user, now))
        latest = latest_history(admin.site, user).linked_page(Wanted(), _SHOWN, address_of)
        context["latest"] = latest.entries
    if access.may(user, access.MANAGE_USERS):
        sections.append(_logins(user, now))
    if inbox is not None:
        context["cities"] = _cities(user, inbox, timezone.localdate(now))
    return context


# --- policies -----------------------------------------------------------------------------------------


def _officer(user, inbox: desk.Inbox, now: datetime) -> Section:
    owed = waiting.waiting_for(timezone.localdate(now), access.cities_of(user))
    values = sum(len(entry.parameters) for entry in owed)
    documents = sum(1 for entry in owed if entry.parameters)
    note = ngettext("from %(count)s document", "from %(count)s documents", documents) % {"count": documents}
    tiles = (
        Tile(_("Returned to you"), str(len(inbox.returned)), _since(inbox.returned, now), _stage("returned")),
        Tile(_("Drafts"), str(len(inbox.drafts)), _since(inbox.drafts, now), _stage("created")),
        Tile(
            _("Values that documents still owe"),
            str(values),
            note,
            reverse("admin:policies_policydocument_waiting"),
        ),
    )
    return Section(
        _("Drafts and documents"),
        tiles,
        (*inbox.returned, *inbox.drafts)[:_SHOWN],
        _("No draft is under way. One is made from any version, or from a file."),
        (
            (_("All versions"), reverse("admin:policies_policyversion_changelist")),
            (_("Draft from a file"), reverse("admin:policies_policyversion_upload")),
        ),
    )


def _reviewer(inbox: desk.Inbox, now: datetime) -> Section:
    tile = Tile(_("To review"), str(len(inbox.in_review)), _since(inbox.in_review, now), _stage("submitted"))
    empty = _("No version is in review. Officers send them here.")
    return Section(_("Review"), (tile,), inbox.in_review[:_SHOWN], empty)


def _publisher(inbox: desk.Inbox, now: datetime) -> Section:
    tile = Tile(_("Approved"), str(len(inbox.approved)), _since(inbox.approved, now), _stage("approved"))
    empty = _("No approved version waits to be published.")
    return Section(_("Publication"), (tile,), inbox.approved[:_SHOWN], empty)


def _since(entries, now: datetime) -> str:
    """How long the oldest has waited."""
    if not entries:
        return _("nothing waits")
    return _("oldest %(age)s") % {"age": timesince(entries[0].since, now, depth=1)}


def _stage(kind: str) -> str:
    return f"{reverse('admin:policies_policyversion_changelist')}?{urlencode({'stage': kind})}"


def _cities(user, inbox: desk.Inbox, today: date) -> list[dict]:
    """Each of someone's cities with its version in force, the next ones, and what is under way."""
    entries = selectors.version_index().by_city
    ids = [entry.version_id for found in entries.values() for entry in found]
    versions = selectors.with_withdrawal().select_related("document").in_bulk(ids)
    under_way = (*inbox.drafts, *inbox.returned, *inbox.in_review, *inbox.approved)
    found = []
    for city in access.in_scope(City.objects.all(), user):
        published = [versions[entry.version_id] for entry in entries.get(city.pk, [])]
        drafts = [entry.version for entry in under_way if entry.version.city_id == city.pk]
        if published or drafts:
            started = [version for version in published if version.effective_from <= today]
            found.append(
                {
                    "city": city,
                    "in_force": started[-1] if started else None,
                    "scheduled": published[len(started) :],
                    "drafts": drafts,
                }
            )
    return found


# --- claims -------------------------------------------------------------------------------------------


def _claims(user, now: datetime) -> dict:
    """The pended claims of someone's cities, by what they wait for."""
    found = groups(pended_claims(user), now, language_of(get_language()))
    return {
        "pended": found[:_SHOWN],
        "pended_total": sum(group.count for group in found),
        "pended_oldest": max((group.oldest_days for group in found), default=None),
    }


def _queue(user, pended: int, oldest: int | None, now: datetime) -> Section:
    claims = access.in_scope(Claim.objects.filter(status=Claim.State.QUEUED), user)
    queued = claims.filter(parked=False)
    first = queued.order_by("seq").values_list("received_at", flat=True).first()
    parked = claims.filter(parked=True).count()
    notices = access.in_scope(open_notices(), user).count()
    faulty = access.in_scope(ClaimBatch.objects.filter(refused__gt=0, pk__gte=first_uuid7(now - _WEEK)), user)
    batches = faulty.count()
    listed = reverse("admin:claims_claim_changelist")
    days = ngettext("oldest %(days)s day", "oldest %(days)s days", oldest or 0) % {"days": oldest}
    tiles = (
        Tile(
            _("Pended"),
            f"{pended:,}",
            _("nothing waits") if oldest is None else days,
            reverse("admin:claims_pended"),
        ),
        Tile(
            _("Queued"),
            f"{queued.count():,}",
            _("oldest %(age)s") % {"age": timesince(first, now, depth=1)} if first else _("nothing waits"),
            f"{listed}?status__exact=queued&parked__exact=0",
        ),
        Tile(
            _("Parked"),
            f"{parked:,}",
            _("after repeated failures"),
            reverse("admin:claims_parked"),
            parked > 0,
        ),
        Tile(
            _("Batches with faults"),
            f"{batches:,}",
            _("in the last 7 days"),
            f"{reverse('admin:claims_claimbatch_changelist')}?faults=week",
        ),
        Tile(
            _("Affected settlements"),
            f"{notices:,}",
            _("notices to look at"),
            f"{reverse('admin:claims_affectednotice_changelist')}?open=yes",
        ),
    )
    return Section(_("Claims"), tiles)


# --- what changed -------------------------------------------------------------------------------------


def _week(user, now: datetime) -> Section:
    """What changed in seven days, and what the funds paid this month against the last."""
    since = timezone.localdate(now - _WEEK)
    tiles = [
        _changes(user, _("Steps of versions"), since, "policies.policyversion", "policies.versiontransition"),
        _changes(user, _("Corrections of members"), since, "members.member", kind="~"),
        _changes(user, _("API keys"), since, "members.institution", _KEYS),
    ]
    if access.may(user, "claims.view_settlement"):
        tiles.append(_fund(user, now))
    return Section(_("This week"), tuple(tiles))


def _changes(user, label: str, since: date, of: str, field: str = "", kind: str = "") -> Tile:
    wanted = Wanted(field=field, kind=kind, since=since)
    count = latest_history(admin.site, user, of).count(wanted)
    query = urlencode({"of": of, "field": field, "kind": kind, "since": since})
    note = _("since %(day)s") % {"day": since}
    return Tile(label, f"{count:,}", note, f"{reverse('admin:policies_history')}?{query}")


def _fund(user, now: datetime) -> Tile:
    """Fund payments for care of this month, against the same days of the last."""
    today = timezone.localdate(now)
    first = today.replace(day=1)
    last_month = (first - timedelta(days=1)).replace(day=1)
    same_day = min(last_month + (today - first), first - timedelta(days=1))
    paid, before = fund_paid(user, first, today, now), fund_paid(user, last_month, same_day, now)
    note = _("the same days last month: %(amount)s") % {"amount": yuan_text(before)}
    query = urlencode({"service_date_from": first, "service_date_to": today})
    address = f"{reverse('admin:claims_settlement_changelist')}?{query}"
    return Tile(_("Funds paid for care of this month, yuan"), yuan_text(paid), note, address)


def _logins(user, now: datetime) -> Section:
    """What a system administrator looks after: logins without a role or city, and keys that run out."""
    idle_logins = idle(access.in_scope(User.objects.all(), user)).count()
    ending = keys.ending(access.in_scope(InstitutionKey.objects.all(), user), at=now).count()
    tiles = (
        Tile(
            _("Logins without role or city"),
            str(idle_logins),
            _("they see nothing"),
            f"{reverse('admin:policies_user_changelist')}?idle=yes",
        ),
        Tile(
            _("API keys that run out"),
            str(ending),
            _("within 30 days"),
            f"{reverse('admin:members_institutionkey_changelist')}?ending=yes",
        ),
    )
    return Section(_("Logins and keys"), tiles)
