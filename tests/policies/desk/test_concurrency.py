"""People at the desk at the same time: one wins, the other is told, and nothing slips in between."""

from threading import Barrier, Event, Thread

import pytest
from django.db import connection, transaction
from django.utils.translation import override

from policies import rows, selectors, services
from policies.models import BenefitTerm, PolicyVersion
from policies.services import VersionRefused
from policies.store import rows_of
from tests.policies.build import YANTAI, content, day, load_register
from tests.policies.desk.people import AT, approved, edit, hire, publish, standing, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(hooks):
    load_register()
    return hire()


def make(people, **changes):
    return services.create_draft(content=content(**changes), actor=people.officer, reason="录入", at=AT)


def together(*actions):
    """Runs the actions at once, each on its own connection; what each returned or raised."""
    barrier, found = Barrier(len(actions)), [None] * len(actions)

    def run(place, action):
        with override("en"):
            try:
                barrier.wait(10)
                found[place] = action()
            except Exception as error:
                found[place] = error
            finally:
                connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_of_two_who_publish_for_one_city_and_date_one_wins_and_the_other_is_told(people):
    one, other = approved(make(people), people), approved(make(people), people)
    found = together(lambda: publish(one, people), lambda: publish(other, people))
    [won] = [result for result in found if isinstance(result, PolicyVersion)]
    [told] = [result for result in found if isinstance(result, VersionRefused)]
    assert "Revision 1 of that date was published without it: make a new draft from that." in told.problems
    published = PolicyVersion.objects.exclude(published_at=None)
    assert list(published.values_list("pk", "revision")) == [(won.pk, 1)]


def test_of_two_who_publish_the_same_version_one_is_told_that_it_is_published(people):
    version = approved(make(people), people)
    found = together(lambda: publish(version, people), lambda: publish(version, people))
    assert [type(result) for result in found].count(PolicyVersion) == 1
    [told] = [result for result in found if isinstance(result, VersionRefused)]
    assert "It is published already." in told.problems
    assert version.transitions.filter(kind="published").count() == 1


def test_of_two_corrections_at_once_one_becomes_the_next_revision(people):
    first = publish(approved(make(people), people), people)
    one, other = (
        approved(services.draft_from(version=first, actor=people.officer, at=AT), people) for _ in range(2)
    )
    found = together(lambda: publish(one, people), lambda: publish(other, people))
    assert [type(result) for result in found].count(VersionRefused) == 1
    assert selectors.published_for(YANTAI, day("2022-07-01")).revision == 2


def test_an_edit_and_a_publication_at_once_leave_what_was_approved_or_a_void_approval(people):
    version = approved(make(people), people)
    found = together(lambda: publish(version, people), lambda: edit(version, people))
    version.refresh_from_db()
    refused = [result for result in found if isinstance(result, VersionRefused)]
    assert len(refused) == 1, found
    if version.is_published:
        assert rows.fingerprint(rows_of(version)) == version.fingerprint == rows.fingerprint(content())
    else:
        assert standing(version).state == "approval_void"


@pytest.mark.postgres
def test_an_uncommitted_edit_by_whatever_path_is_waited_for_and_voids_the_approval(people):
    version = approved(make(people), people)
    edited, result = Event(), []

    def publishing():
        with override("en"):
            edited.wait(10)
            try:
                result.append(publish(version, people))
            except VersionRefused as told:
                result.append(told)
            finally:
                connection.close()

    thread = Thread(target=publishing)
    thread.start()
    with transaction.atomic():
        BenefitTerm.objects.filter(version=version, rate__isnull=False).update(rate=1)
        edited.set()
        thread.join(1.5)
        assert thread.is_alive(), "whoever publishes waits for the edit"
    thread.join(30)
    assert "which is void" in str(result[0])


def test_two_officers_who_save_the_same_draft_do_not_overwrite_each_other(people):
    version = make(people)
    seen = standing(version).fingerprint

    def saving(**change):
        return lambda: edit(
            version, people, lambda c: [setattr(c, *pair) for pair in change.items()], seen=seen
        )

    found = together(saving(note="甲"), saving(note="乙"))
    [told] = [result for result in found if isinstance(result, VersionRefused)]
    assert "Somebody else has edited it meanwhile" in str(told)
    assert PolicyVersion.objects.get(pk=version.pk).note in ("甲", "乙")


def test_approving_and_editing_at_once_never_approves_what_nobody_read(people):
    version = make(people)
    submit(version, people)
    seen = standing(version).fingerprint

    def approving():
        return services.approve_version(version=version, actor=people.reviewer, reason="好", at=AT, seen=seen)

    together(approving, lambda: edit(version, people))
    assert standing(version).state in ("in_review", "approval_void")
