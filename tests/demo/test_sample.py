"""The sample of `make demo`: loaded, sent and adjudicated in one process, without any server."""

import stat
from collections import Counter
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from claims.demo import files, keys, load
from claims.demo.items import ITEMS
from claims.demo.people import PEOPLE, WATCHED
from claims.demo.places import CITIES, PLACES
from claims.demo.stories import REVERSE, WITHDRAW, SampleClaim, claims_of
from claims.demo.upload import unsent
from claims.institution_claims import is_institution
from claims.models import AffectedNotice, Claim, Settlement
from claims.selectors import waiting_shards
from claims.services.adjudication import drain
from claims.services.intake import Arrival, submit
from claims.services.reversal import reverse
from claims.services.withdrawal import withdraw
from claims.submission import read_claim
from members.models import AccountEntry, Contribution, CreditRun, Institution, Member
from members.validators import validate_id_number
from policies import access
from policies.models import City, User

AT = timezone.now()
TODAY = timezone.localdate(AT)
SAMPLE = [claim for city in CITIES for claim in claims_of(city, TODAY)]
AFTERWARDS = {REVERSE: "reversed", WITHDRAW: "withdrawn"}


def load_all(on: date = TODAY) -> None:
    actor = load.staff(at=AT)
    for city in CITIES:
        load.city(city, actor=actor, on=on, at=AT + (on - TODAY))


def send(claims: list[SampleClaim]) -> Counter:
    """As `claims.demo.upload` does it by HTTP; returns how the claims arrived."""
    institutions = {institution.code: institution for institution in Institution.objects.all()}
    arrivals, taken_back = Counter(), []
    for claim in claims:
        institution = institutions[claim.institution]
        submission = read_claim(claim.body, is_institution=is_institution)
        [receipt] = submit(institution=institution, claims=[submission], at=AT)
        arrivals[receipt.arrival] += 1
        if claim.then and receipt.arrival is Arrival.NEW:
            taken_back.append((claim.then, {"claim_id": receipt.claim_id, "institution": institution}))
    adjudicate()
    for then, claim in taken_back:
        asked = {**claim, "actor": None, "at": AT + timedelta(minutes=1)}
        if then == REVERSE:
            reverse(**asked, reason="test")
        else:
            withdraw(**asked)
    return arrivals


def adjudicate() -> None:
    for shard in waiting_shards():
        drain(shard, clock=lambda: AT)


def rows() -> dict[str, int]:
    return {model._meta.label: model.objects.count() for model in apps.get_models()}


class TestTheSample(TestCase):
    @classmethod
    def setUpTestData(cls):
        call_command("load_policies", publish_assumed=True, stdout=StringIO())
        load_all()
        cls.arrivals = send(SAMPLE)

    def test_every_claim_becomes_what_its_story_says(self):
        stored = {claim.claim_number: claim for claim in Claim.objects.all()}
        wrong = {}
        for claim in SAMPLE:
            found = stored[claim.number]
            became = f"{found.status} {found.code}".strip()
            if became != AFTERWARDS.get(claim.then, claim.expected):
                wrong[claim.number] = (claim.expected, became)
        assert wrong == {}
        assert len(stored) == len(SAMPLE) == self.arrivals[Arrival.NEW]

    def test_it_has_every_kind_of_ending(self):
        expected = {claim.expected for claim in SAMPLE}
        for code in (
            "unknown_member", "future_service_date", "amount_mismatch", "invalid_stay", "area_mismatch",
            "unknown_listed_claim", "no_policy_in_force", "parameter_missing", "awaiting_inpatient",
            "special_rule", "review", "no_prescription", "institution_not_covered", "not_entitled_arrears",
            "waiting_period", "in_hospital", "ltc_specialised_care", "out_of_area",
        ):  # fmt: skip
            assert any(ending.endswith(f" {code}") for ending in expected), code

    def test_funds_accounts_and_limits_come_into_play(self):
        settled = Settlement.objects.filter(kind="settled")
        for amount in (
            "self_funded", "over_price", "upfront_self_pay", "deductible", "over_limit", "pooled_fund",
            "critical_illness", "account", "family_account", "cash",
        ):  # fmt: skip
            assert settled.filter(**{f"{amount}__gt": 0}).exists(), amount
        assert settled.filter(benefit="chronic", city="220100").exists()

    def test_the_proof_commands_hold(self):
        for command in ("verify_settlements", "verify_accumulators", "verify_accounts"):
            call_command(command, stdout=StringIO())

    def test_loading_and_sending_again_changes_nothing(self):
        before = rows()
        load_all()
        arrivals = send(SAMPLE)
        assert rows() == before
        assert arrivals == {Arrival.SAME: len(SAMPLE)}
        assert unsent(SAMPLE) == []

    def test_what_people_changed_stays(self):
        Member.objects.filter(number=PEOPLE["370600"]["worker"].number).update(name="改名")
        load_all()
        assert Member.objects.get(number=PEOPLE["370600"]["worker"].number).name == "改名"

    def test_a_later_start_adds_what_has_come_due(self):
        contributions = Contribution.objects.count()
        later = (TODAY.replace(day=1) + timedelta(days=32)).replace(day=10)
        load_all(on=later)
        assert Contribution.objects.count() > contributions
        month = later.replace(day=1)
        assert CreditRun.objects.filter(month=month).count() == len(CITIES)
        credited = AccountEntry.objects.filter(cause="credit", month=month)
        assert credited.count() > 100

    def test_a_claim_taken_back_half_way_is_sent_again(self):
        number = next(claim.number for claim in SAMPLE if claim.then == WITHDRAW)
        Claim.objects.filter(claim_number=number).update(status="pended")
        assert [claim.number for claim in unsent(SAMPLE)] == [number]

    def test_a_reversal_lists_what_it_could_change(self):
        assert AffectedNotice.objects.filter(kind="reversal", settlements=1).count() == len(CITIES)

    def test_keys_are_kept_and_made_anew_when_lost(self):
        actor, codes = load.staff(at=AT), [place.code for place in PLACES["370600"].values()]
        with TemporaryDirectory() as folder:
            file = Path(folder, "keys.json")
            first = keys.working_keys(file, codes, actor=actor, at=AT)
            assert sorted(first) == sorted(codes)
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert keys.working_keys(file, codes, actor=actor, at=AT) == first
            file.unlink()
            again = keys.working_keys(file, codes, actor=actor, at=AT)
        assert set(again.values()).isdisjoint(first.values())

    def test_there_is_a_login_for_every_kind_of_work_in_every_city(self):
        for name, (role, _may) in load.STAFF.items():
            user = User.objects.get(username=name)
            assert user.check_password(load.PASSWORD)
            assert [group.name for group in user.groups.all()] == [role]
            assert access.cities_of(user) == set(CITIES)

    def test_the_demo_takes_its_own_data_for_its_own(self):
        load.check_database()


class TestOtherPeoplesData(TestCase):
    def test_the_demo_keeps_out_of_a_database_with_other_institutions(self):
        city = City.objects.create(code="110000", name="北京市")
        Institution.objects.create(code="H11000000001", name="医院", city=city)
        with self.assertRaisesMessage(CommandError, "holds other data"):
            load.check_database()


class TestInventedPeople(SimpleTestCase):
    def test_id_numbers_are_well_formed_and_nobodys(self):
        numbers = [person.number for people in PEOPLE.values() for person in people.values()]
        assert len(set(numbers)) == len(numbers) == 200
        for number in numbers:
            validate_id_number(number)
            # Real ones carry the code of a district, which never ends in 00.
            assert number[4:6] == "00"

    def test_names_say_that_they_are_samples(self):
        assert all("样例" in person.name for people in PEOPLE.values() for person in people.values())

    def test_the_same_today_tells_the_same_claims(self):
        assert [claim for city in CITIES for claim in claims_of(city, TODAY)] == SAMPLE

    def test_a_claim_keeps_its_number_as_the_year_goes_on(self):
        early = {claim.number: claim for claim in claims_of("370600", date(TODAY.year, 1, 1))}
        late = {claim.number: claim for claim in claims_of("370600", date(TODAY.year, 12, 31))}
        assert len(early) < len(late)
        assert early == {number: late[number] for number in early}

    def test_a_month_counts_from_its_pay_day_on(self):
        march = 2026 * 12 + 2
        _header, *before = files.contributions("370600", date(2026, 3, 4), since=march).splitlines()
        _header, *after = files.contributions("370600", date(2026, 3, 5), since=march).splitlines()
        assert before == []
        assert len(after) > 20

    def test_codes_and_roles_are_used_once(self):
        assert len({item.code for item in ITEMS}) == len(ITEMS)
        assert WATCHED[0] in PEOPLE["370600"]
