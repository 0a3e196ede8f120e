"""What each role may do with the models of this app, and how a migration gives a role its permissions."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.management import create_permissions

from policies.access import ADMINISTRATOR, AUDITOR, CLERK, MANAGER, OFFICER, PUBLISHER, REVIEWER

ADD, CHANGE, DELETE = "add", "change", "delete"
# Role → codenames of permissions of one app.
Rights = Mapping[str, Iterable[str]]

_ROWS = (
    "tier",
    "tiercondition",
    "benefitrule",
    "institutioncondition",
    "benefitterm",
    "coordination",
    "specialdiseaserule",
    "paymentlimit",
    "admissionfactor",
    "criticalillnessrule",
    "criticalillnessband",
    "entitlementrule",
    "waitingperiod",
    "outofareaterm",
    "accountcredit",
    "accountuserule",
    "daysurgerystandard",
    "contributionrate",
    "provision",
    "acceptancecase",
)
# Users belong to the administrator; what was done to them, to those who read everything.
_USERS = ("view_user", "view_userevent")
_POLICY = (
    *(f"view_{row}" for row in _ROWS),
    "view_catalogueitem",
    "view_city",
    "view_documentfile",
    "view_frameworkbound",
    "view_policydocument",
    "view_policyversion",
    "view_versioncomment",
    "view_versionedit",
    "view_versiontransition",
)
RIGHTS: Rights = {
    OFFICER: (
        *_POLICY,
        *(f"{action}_{row}" for row in _ROWS for action in (ADD, CHANGE, DELETE)),
        *(f"{action}_{model}" for model in ("policyversion", "policydocument") for action in (ADD, CHANGE)),
        *(
            f"{action}_{model}"
            for model in ("frameworkbound", "catalogueitem", "city")
            for action in (ADD, CHANGE)
        ),
        "add_documentfile",
        "add_versioncomment",
        "submit_policyversion",
    ),
    REVIEWER: (*_POLICY, "add_versioncomment", "review_policyversion"),
    PUBLISHER: (*_POLICY, "add_versioncomment", "publish_policyversion"),
    CLERK: _POLICY,
    MANAGER: (*_POLICY, *_USERS, "export_history"),
    AUDITOR: (*_POLICY, *_USERS, "export_history"),
    ADMINISTRATOR: (*_USERS, "add_user", "change_user", "view_city"),
}


def grant(apps, app_label: str, rights: Rights) -> None:
    """Makes the roles that are missing and adds an app's permissions to them; what else they have stays.

    `apps`: a migration's registry, or Django's own. Permissions are made where `migrate` has not yet done so.
    """
    config = apps.get_app_config(app_label)
    # A migration's registry has no modules, and for an app without one Django makes no permissions.
    config.models_module = getattr(config, "models_module", None) or True
    create_permissions(config, apps=apps, verbosity=0)
    permission = apps.get_model("auth", "Permission")
    for role, codenames in rights.items():
        group, _made = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        wanted = set(codenames)
        found = permission.objects.filter(content_type__app_label=app_label, codename__in=wanted)
        missing = wanted - set(found.values_list("codename", flat=True))
        if missing:
            raise LookupError(f"{app_label} has no permissions {sorted(missing)}")
        group.permissions.add(*found)
