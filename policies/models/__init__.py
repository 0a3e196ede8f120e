from policies.models.accounts import AccountCredit, AccountUseRule, ContributionRate
from policies.models.benefits import (
    BenefitRule,
    BenefitTerm,
    Coordination,
    InstitutionCondition,
    SpecialDiseaseRule,
)
from policies.models.cases import AcceptanceCase
from policies.models.catalogue import CatalogueItem
from policies.models.critical_illness import CriticalIllnessBand, CriticalIllnessRule
from policies.models.desk import VersionComment, VersionEdit
from policies.models.documents import City, DocumentFile, FrameworkBound, PolicyDocument
from policies.models.entitlement import EntitlementRule, OutOfAreaTerm, WaitingPeriod
from policies.models.limits import AdmissionFactor, DaySurgeryStandard, PaymentLimit
from policies.models.provisions import Provision
from policies.models.tiers import Tier, TierCondition
from policies.models.users import User, UserEvent
from policies.models.versions import PolicyVersion, VersionTransition

__all__ = [
    "AcceptanceCase",
    "AccountCredit",
    "AccountUseRule",
    "AdmissionFactor",
    "BenefitRule",
    "BenefitTerm",
    "CatalogueItem",
    "City",
    "ContributionRate",
    "Coordination",
    "CriticalIllnessBand",
    "CriticalIllnessRule",
    "DaySurgeryStandard",
    "DocumentFile",
    "EntitlementRule",
    "FrameworkBound",
    "InstitutionCondition",
    "OutOfAreaTerm",
    "PaymentLimit",
    "PolicyDocument",
    "PolicyVersion",
    "Provision",
    "SpecialDiseaseRule",
    "Tier",
    "TierCondition",
    "User",
    "UserEvent",
    "VersionComment",
    "VersionEdit",
    "VersionTransition",
    "WaitingPeriod",
]
