from members.models.accounts import AccountEntry, CreditRun, FamilyLink, PersonalAccount
from members.models.imports import RegisterImport
from members.models.institutions import (
    Agreement,
    Designation,
    Institution,
    InstitutionKey,
    InstitutionStanding,
)
from members.models.logins import InstitutionLogin
from members.models.people import CarePeriod, Contribution, DiseaseRegistration, Enrolment, Member

__all__ = [
    "AccountEntry",
    "Agreement",
    "CarePeriod",
    "Contribution",
    "CreditRun",
    "Designation",
    "DiseaseRegistration",
    "Enrolment",
    "FamilyLink",
    "Institution",
    "InstitutionKey",
    "InstitutionLogin",
    "InstitutionStanding",
    "Member",
    "PersonalAccount",
    "RegisterImport",
]
