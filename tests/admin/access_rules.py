"""Who may open which page, as the bureau wants it: written down apart from the code that enforces it."""

from dataclasses import dataclass

from django.contrib.auth.models import Group

from claims.models import (
    Accumulator,
    AffectedNotice,
    Claim,
    ClaimBatch,
    ClaimBatchRow,
    ClaimEvent,
    ClaimKey,
    ReadjudicationRun,
    Settlement,
    Watch,
)
from members import models as parties
from members.models import Enrolment, Institution, Member
from policies import models
from policies.access import ADMINISTRATOR, AUDITOR, CLERK, MANAGER, OFFICER, PUBLISHER, REVIEWER
from policies.desk import ROW_MODELS
from tests.admin.world import CHANGCHUN, KAIFENG, YANTAI, ZHENJIANG

ALL = frozenset({OFFICER, REVIEWER, PUBLISHER, CLERK, MANAGER, AUDITOR, ADMINISTRATOR})
NOBODY: frozenset[str] = frozenset()
POLICY = ALL - {ADMINISTRATOR}
CLAIMS = frozenset({CLERK, MANAGER, AUDITOR})
READERS = frozenset({MANAGER, AUDITOR})
DESK = frozenset({OFFICER, REVIEWER, PUBLISHER})
_OFFICER, _CLERK, _ADMIN = frozenset({OFFICER}), frozenset({CLERK}), frozenset({ADMINISTRATOR})

# Every object of the test world belongs to cities of one half only, or to both.
HALVES = (frozenset({YANTAI, ZHENJIANG}), frozenset({CHANGCHUN, KAIFENG, "500000"}))


@dataclass(frozen=True)
class Rule:
    """The roles that see a model's lists, records and histories, and those that add, change and delete.

    `history`: whether its records have a page of their own for that.
    """

    see: frozenset[str]
    add: frozenset[str] = NOBODY
    change: frozenset[str] = NOBODY
    delete: frozenset[str] = NOBODY
    history: bool = True


def _facts(see: frozenset[str], add: frozenset[str] = NOBODY) -> Rule:
    return Rule(see, add=add, history=False)


MODELS: dict[type, Rule] = {
    models.City: Rule(ALL, add=_OFFICER, change=_OFFICER),
    models.PolicyDocument: Rule(POLICY, add=_OFFICER, change=_OFFICER),
    models.FrameworkBound: Rule(POLICY, add=_OFFICER, change=_OFFICER),
    models.CatalogueItem: Rule(POLICY, add=_OFFICER, change=_OFFICER),
    models.PolicyVersion: Rule(POLICY),
    **{model: Rule(POLICY, add=_OFFICER, change=_OFFICER, delete=_OFFICER) for model in ROW_MODELS},
    models.AcceptanceCase: Rule(POLICY),
    models.VersionTransition: _facts(POLICY),
    models.VersionEdit: _facts(POLICY),
    models.VersionComment: _facts(POLICY),
    models.DocumentFile: _facts(POLICY),
    models.User: Rule(READERS | _ADMIN, add=_ADMIN, change=_ADMIN),
    models.UserEvent: _facts(READERS | _ADMIN),
    parties.Member: Rule(CLAIMS, add=_CLERK, change=_CLERK),
    parties.Enrolment: Rule(CLAIMS, add=_CLERK, change=_CLERK),
    parties.DiseaseRegistration: Rule(CLAIMS, add=_CLERK, change=_CLERK),
    parties.CarePeriod: Rule(CLAIMS, add=_CLERK, change=_CLERK),
    parties.FamilyLink: Rule(CLAIMS, add=_CLERK, change=_CLERK),
    parties.Contribution: _facts(CLAIMS, add=_CLERK),
    parties.AccountEntry: _facts(CLAIMS, add=_CLERK),
    parties.PersonalAccount: _facts(CLAIMS),
    parties.CreditRun: _facts(CLAIMS),
    parties.RegisterImport: _facts(CLAIMS),
    parties.Institution: Rule(ALL, add=_CLERK, change=_CLERK),
    parties.InstitutionStanding: Rule(POLICY, add=_CLERK, change=_CLERK),
    parties.Agreement: Rule(POLICY, add=_CLERK, change=_CLERK),
    parties.Designation: Rule(POLICY, add=_CLERK, change=_CLERK),
    parties.InstitutionKey: Rule(READERS | _ADMIN),
    parties.InstitutionLogin: _facts(READERS | _ADMIN),
    Claim: _facts(CLAIMS),
    ClaimBatch: _facts(CLAIMS),
    ClaimBatchRow: _facts(CLAIMS),
    ClaimEvent: _facts(CLAIMS),
    ClaimKey: _facts(CLAIMS),
    Settlement: _facts(CLAIMS),
    Accumulator: _facts(CLAIMS),
    AffectedNotice: _facts(CLAIMS),
    ReadjudicationRun: _facts(CLAIMS),
    Watch: Rule(CLAIMS, add=_CLERK, change=_CLERK),
    Group: Rule(NOBODY, history=False),
}


@dataclass(frozen=True)
class Page:
    """A page that is no model's own: who opens it, how, and about which model's record (None: about none).

    `args`: its address's parts after the record's key. `slow`: drawn for one of its roles only.
    """

    roles: frozenset[str]
    model: type | None = None
    method: str = "GET"
    args: tuple = ()
    slow: bool = False


_V = "policies_policyversion"
PAGES: dict[str, Page] = {
    "policies_history": Page(POLICY),
    "policies_history_export": Page(READERS, args=("csv",)),
    "policies_city_page": Page(POLICY, models.City),
    "policies_policydocument_waiting": Page(POLICY),
    "policies_policydocument_page": Page(POLICY, models.PolicyDocument),
    "policies_documentfile_download": Page(POLICY, models.DocumentFile),
    "policies_user_password": Page(_ADMIN, models.User),
    "policies_user_give_password": Page(_ADMIN, models.User),
    f"{_V}_compare": Page(POLICY),
    f"{_V}_cities": Page(POLICY),
    f"{_V}_upload": Page(_OFFICER),
    f"{_V}_draft": Page(POLICY, models.PolicyVersion, "POST"),
    f"{_V}_edit": Page(_OFFICER, models.PolicyVersion),
    f"{_V}_review": Page(POLICY, models.PolicyVersion),
    f"{_V}_step": Page(POLICY, models.PolicyVersion, "POST"),
    f"{_V}_remark": Page(DESK, models.PolicyVersion, "POST"),
    f"{_V}_cases": Page(POLICY, models.PolicyVersion),
    f"{_V}_case_add": Page(_OFFICER, models.PolicyVersion),
    f"{_V}_case": Page(_OFFICER, models.AcceptanceCase),
    f"{_V}_case_remove": Page(_OFFICER, models.AcceptanceCase, "POST"),
    f"{_V}_paper": Page(POLICY, models.PolicyVersion),
    f"{_V}_pdf": Page(POLICY, models.PolicyVersion, slow=True),
    f"{_V}_yaml": Page(POLICY, models.PolicyVersion),
    f"{_V}_xlsx": Page(POLICY, models.PolicyVersion),
    "members_member_import_register": Page(_CLERK),
    "members_institution_import_register": Page(_CLERK),
    "members_member_year": Page(CLAIMS, Member),
    **{
        f"members_member_{name}": Page(_CLERK, Member)
        for name in ("register_disease", "record_care", "enrol", "link_family")
    },
    **{
        f"members_institution_{name}": Page(_CLERK, Institution)
        for name in ("set_standing", "record_agreement", "designate")
    },
    "members_institution_api_keys": Page(READERS | _ADMIN, Institution),
    "members_institution_new_login": Page(_ADMIN, Institution),
    "members_institution_new_key": Page(_ADMIN, Institution, "POST"),
    "members_institution_rotate_key": Page(_ADMIN, Institution, "POST", args=("key",)),
    "members_institution_revoke_key": Page(_ADMIN, Institution, "POST", args=("key",)),
    "claims_pended": Page(CLAIMS),
    "claims_parked": Page(CLAIMS),
    "claims_paper": Page(_CLERK),
    "claims_member_year": Page(CLAIMS, Member, args=(2023,)),
    "claims_claim_decide": Page(_CLERK, Claim, "POST", args=("withdraw",)),
    "claims_affectednotice_readjudicate": Page(_CLERK, AffectedNotice),
}

# Pages of the admin itself: for everybody who has logged in, or to do so. What they list is bounded by the rules
# of what they lead to.
OPEN = frozenset(
    {
        "index",
        "app_list",
        "login",
        "logout",
        "password_change",
        "password_change_done",
        "autocomplete",
        "jsi18n",
        "view_on_site",
        "search",
    }
)
# Beside the admin, by the first part of their addresses: the API has keys (tests/api/test_access.py), or is public;
# institutions' pages have rules of their own (tests/institution_pages/test_access.py).
BESIDE = frozenset(
    {
        "",
        "admin/",
        "api/v1/schema/",
        "api/docs/",
        "api/v1/",
        "^api/(?P<rest>.*)$",
        "institution/",
        "i18n/",
        "healthz",
        "readyz",
        "metrics",
    }
)


# --- To which cities a record belongs --------------------------------------------------------------------

SHARED = None


def cities_of(record) -> set[str] | None:
    """The cities to which a record belongs; SHARED where all that are bound by it see it."""
    return _CITIES.get(type(record), _of_row)(record)


def _of_row(row) -> set[str]:
    return {row.version.city_id}


def _of_member(key: int) -> set[str]:
    return set(Enrolment.objects.filter(member=key).values_list("city", flat=True))


def _of_claim(claim) -> set[str]:
    return {claim.city, claim.institution.city_id} - {""}


def _of_work(work) -> set[str]:
    if work.city:
        return {work.city}
    if work.member_id is not None:
        return _of_member(work.member_id)
    return {Institution.objects.get(pk=work.institution_id).city_id}


def _shared_or_own(city: str | None) -> set[str] | None:
    return {city} if city else SHARED


def _of_watch(watch) -> set[str]:
    found = _of_member(watch.member_id) if watch.member_id else set()
    return found | ({watch.institution.city_id} if watch.institution_id else set())


_CITIES = {
    models.City: lambda city: {city.pk},
    models.PolicyDocument: lambda document: _shared_or_own(document.city_id),
    models.DocumentFile: lambda file: _shared_or_own(file.document.city_id),
    models.FrameworkBound: lambda bound: {bound.city_id},
    models.CatalogueItem: lambda item: {item.city_id},
    models.PolicyVersion: lambda version: {version.city_id},
    models.User: lambda user: set(user.cities.values_list("pk", flat=True)) or SHARED,
    models.UserEvent: lambda event: set(event.user.cities.values_list("pk", flat=True)) or SHARED,
    parties.Member: lambda member: _of_member(member.pk),
    parties.Enrolment: lambda row: {row.city_id},
    parties.Contribution: lambda row: {row.city_id},
    parties.CreditRun: lambda row: {row.city_id},
    parties.RegisterImport: lambda row: {row.city_id},
    parties.DiseaseRegistration: lambda row: _of_member(row.member_id),
    parties.CarePeriod: lambda row: _of_member(row.member_id),
    parties.PersonalAccount: lambda row: _of_member(row.pk),
    parties.AccountEntry: lambda row: _of_member(row.account_id),
    parties.FamilyLink: lambda link: _of_member(link.owner_id) | _of_member(link.user_id),
    parties.Institution: lambda institution: {institution.city_id},
    **{
        model: lambda row: {row.institution.city_id}
        for model in (
            parties.InstitutionStanding,
            parties.Agreement,
            parties.Designation,
            parties.InstitutionKey,
            parties.InstitutionLogin,
            ClaimBatch,
            ClaimKey,
        )
    },
    Claim: _of_claim,
    ClaimBatchRow: lambda row: {row.batch.institution.city_id},
    ClaimEvent: lambda event: _of_claim(event.claim),
    Settlement: lambda row: _of_claim(row.claim) | {row.city},
    Accumulator: lambda row: _of_member(row.member_id),
    AffectedNotice: _of_work,
    ReadjudicationRun: _of_work,
    Watch: _of_watch,
    Group: lambda group: SHARED,
}
