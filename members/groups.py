"""What each role may do with members and institutions."""

from policies.access import ADMINISTRATOR, AUDITOR, CLERK, MANAGER, OFFICER, PUBLISHER, REVIEWER
from policies.groups import ADD, CHANGE, Rights

_PARTIES = (
    "accountentry",
    "agreement",
    "careperiod",
    "contribution",
    "creditrun",
    "designation",
    "diseaseregistration",
    "enrolment",
    "familylink",
    "institution",
    "institutionstanding",
    "member",
    "personalaccount",
    "registerimport",
)
_INSTITUTIONS = ("agreement", "designation", "institution", "institutionstanding")
# Facts and balances are appended by services, which ask for the right to add one.
_KEPT = ("accountentry", "contribution", "creditrun", "personalaccount", "registerimport")
_READ = tuple(f"view_{model}" for model in _PARTIES)

RIGHTS: Rights = {
    # Whoever works on policies looks up institutions, never members.
    **{role: tuple(f"view_{model}" for model in _INSTITUTIONS) for role in (OFFICER, REVIEWER, PUBLISHER)},
    CLERK: (
        *_READ,
        *(f"{action}_{model}" for model in _PARTIES if model not in _KEPT for action in (ADD, CHANGE)),
        "add_accountentry",
        "add_contribution",
        "add_creditrun",
        "add_registerimport",
    ),
    MANAGER: (*_READ, "view_institutionkey"),
    AUDITOR: (*_READ, "view_institutionkey"),
    ADMINISTRATOR: (
        "view_institution",
        "view_institutionkey",
        "add_institutionkey",
        "change_institutionkey",
    ),
}

_SEEN = ("view_institutionlogin",)
LOGIN_RIGHTS: Rights = {
    MANAGER: _SEEN,
    AUDITOR: _SEEN,
    ADMINISTRATOR: (*_SEEN, "add_institutionlogin"),
}
