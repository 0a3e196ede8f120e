"""What the database refuses, and what nobody gets to see."""

import io
import logging
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from members.masking import mask_id_number, mask_name
from members.models import AccountEntry, Contribution, CreditRun, Enrolment
from members.services.people import amend_member
from policies import triggers
from tests.factories import CityFactory, MemberFactory
from tests.members.conftest import AT, REASON


@pytest.mark.django_db
class TestAppendOnly:
    def rows(self):
        MemberFactory(balance=100)
        CreditRun.objects.create(city=CityFactory(), month=date(2024, 1, 1), at=AT, credited=0, amount=0)

    @pytest.mark.parametrize(
        ("model", "change"),
        [(Contribution, {"base": 1}), (AccountEntry, {"amount": 1}), (CreditRun, {"credited": 1})],
    )
    def test_facts_are_written_once(self, owner, model, change):
        self.rows()
        rows = model.objects.filter(pk=model.objects.first().pk)
        with owner():
            with pytest.raises(IntegrityError, match=triggers.REFUSED), transaction.atomic():
                rows.update(**change)
            with pytest.raises(IntegrityError, match=triggers.REFUSED), transaction.atomic():
                rows._raw_delete(rows.db)

    def test_all_triggers_are_there(self):
        names = {trigger.name for trigger in triggers.expected() if trigger.table.startswith("members_")}
        assert len(names) == 12
        assert names <= triggers.installed(connection)


@pytest.mark.django_db
class TestOneEnrolmentADay:
    def test_a_second_one_is_refused_whoever_writes_it(self):
        member = MemberFactory(insured_to=date(2023, 3, 31))
        with pytest.raises(IntegrityError), transaction.atomic():
            Enrolment.objects.create(member=member, city_id="370600", starts_on=date(2023, 3, 31))
        Enrolment.objects.create(member=member, city_id="370600", starts_on=date(2023, 4, 1))

    def test_nor_can_one_be_moved_over_another(self):
        member = MemberFactory(insured_to=date(2023, 3, 31))
        Enrolment.objects.create(member=member, city_id="370600", starts_on=date(2023, 4, 1))
        first = Enrolment.objects.filter(member=member, ends_on__isnull=False)
        with pytest.raises(IntegrityError), transaction.atomic():
            first.update(ends_on=None)
        first.update(ends_on=date(2023, 3, 30))


class TestMasking:
    @pytest.mark.parametrize(
        ("number", "shown"),
        [
            ("37060019800501001X", "3706**********001X"),
            ("123456789012", "1234****9012"),
            ("12345", "***45"),
            ("12", "**"),
            ("", ""),
        ],
    )
    def test_numbers_keep_their_ends(self, number, shown):
        assert mask_id_number(number) == shown

    @pytest.mark.parametrize(("name", "shown"), [("张三", "张*"), ("欧阳娜娜", "欧***"), ("", "")])
    def test_names_keep_their_first_character(self, name, shown):
        assert mask_name(name) == shown


@pytest.mark.django_db
def test_no_log_and_no_text_of_a_record_shows_who_it_is():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level, root.level = root.level, logging.DEBUG
    root.addHandler(handler)
    try:
        member = MemberFactory(name="张三丰", balance=100)
        amend_member(member=member, actor=None, reason=REASON)
    finally:
        root.removeHandler(handler)
        root.level = level
    records = [
        member,
        member.account,
        member.history.first(),
        *member.enrolments.all(),
        *member.contributions.all(),
        *member.account.entries.all(),
    ]
    shown = stream.getvalue() + "".join(f"{record!r} {record}" for record in records)
    assert member.number not in shown
    assert member.name not in shown
