"""The acceptance cases of a draft: written as worked cases (spec 4), checked before they are stored."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from policies import registry
from policies.models import AcceptanceCase, PolicyVersion
from policies.registry import InvalidCases, Story
from policies.services.drafts import record_edit

_MOST_CHARACTERS = 200_000


@transaction.atomic
def save_cases(
    *,
    version: PolicyVersion,
    text: str,
    actor,
    reason: str,
    at: datetime,
    replacing: AcceptanceCase | None = None,
) -> list[AcceptanceCase]:
    """Adds the cases in a text (one, or a list), or puts one in the place of another.

    Whoever does so has edited the version. Raises InvalidCases with everything that is wrong with the text,
    VersionRefused where the version cannot be edited.
    """
    if len(text) > _MOST_CHARACTERS:
        raise InvalidCases([_("has more than %(most)s characters") % {"most": _MOST_CHARACTERS}])
    stories = registry.read_cases(text, version.city_id)
    others = version.cases.exclude(pk=replacing and replacing.pk)
    _refuse_unnamed(stories, set(others.values_list("name", flat=True)), replacing)
    record_edit(version=version, actor=actor, reason=reason, at=at)
    if replacing is not None:
        return [_stored(replacing, stories[0], actor, reason, at)]
    last = version.cases.aggregate(last=Max("position"))["last"]
    start = 0 if last is None else last + 1
    return [
        _stored(AcceptanceCase(version=version, position=position), story, actor, reason, at)
        for position, story in enumerate(stories, start)
    ]


@transaction.atomic
def remove_case(*, case: AcceptanceCase, actor, reason: str, at: datetime) -> None:
    """Takes a case out of a draft. Raises VersionRefused where the version cannot be edited."""
    record_edit(version=case.version, actor=actor, reason=reason, at=at)
    _sign(case, actor, reason, at)
    case.delete()


def _refuse_unnamed(stories: list[Story], taken: set[str], replacing: AcceptanceCase | None) -> None:
    faults = [] if stories else [_("There is no case in it.")]
    if replacing is not None and len(stories) > 1:
        faults.append(_("There are several cases in it: only one can stand in the place of another."))
    for story in stories:
        if story.name in taken:
            faults.append(_("The version has a case called “%(name)s” already.") % {"name": story.name})
        if len(story.name) > AcceptanceCase._meta.get_field("name").max_length:
            faults.append(_("The name is too long: “%(name)s”.") % {"name": story.name})
    if faults:
        raise InvalidCases(faults)


def _stored(case: AcceptanceCase, story: Story, actor, reason: str, at: datetime) -> AcceptanceCase:
    case.name, case.text, case.last_on = story.name, story.text, story.last_on
    _sign(case, actor, reason, at)
    case.save()
    return case


def _sign(case: AcceptanceCase, actor, reason: str, at: datetime) -> None:
    case._history_user, case._change_reason, case._history_date = actor, reason, at
