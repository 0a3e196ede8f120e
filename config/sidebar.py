"""The admin's sidebar: what each group of staff works with, in the order of a claim's life."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# Title, icon, address by name, permission that shows it.
_GROUPS = (
    (None, ((_("Home"), "home", "index", None),)),
    (
        _("Policies"),
        (
            (
                _("Policy versions"),
                "gavel",
                "policies_policyversion_changelist",
                "policies.view_policyversion",
            ),
            (
                _("Policy documents"),
                "description",
                "policies_policydocument_changelist",
                "policies.view_policydocument",
            ),
            (
                _("Framework bounds"),
                "rule",
                "policies_frameworkbound_changelist",
                "policies.view_frameworkbound",
            ),
            (
                _("Catalogue"),
                "medication",
                "policies_catalogueitem_changelist",
                "policies.view_catalogueitem",
            ),
            (_("Cities"), "location_city", "policies_city_changelist", "policies.view_city"),
        ),
    ),
    (
        _("Members and institutions"),
        (
            (_("Members"), "group", "members_member_changelist", "members.view_member"),
            (
                _("Disease registrations"),
                "assignment_ind",
                "members_diseaseregistration_changelist",
                "members.view_diseaseregistration",
            ),
            (
                _("Contributions"),
                "calendar_month",
                "members_contribution_changelist",
                "members.view_contribution",
            ),
            (
                _("Family links"),
                "family_restroom",
                "members_familylink_changelist",
                "members.view_familylink",
            ),
            (
                _("Institutions"),
                "local_hospital",
                "members_institution_changelist",
                "members.view_institution",
            ),
        ),
    ),
    (
        _("Claims and settlements"),
        (
            (_("Claims"), "receipt_long", "claims_claim_changelist", "claims.view_claim"),
            (_("Batches"), "upload_file", "claims_claimbatch_changelist", "claims.view_claimbatch"),
            (_("Pended claims"), "hourglass_empty", "claims_pended", "claims.view_claim"),
            (_("Parked claims"), "error", "claims_parked", "claims.view_claim"),
            (_("Paper entry"), "edit_document", "claims_paper", "claims.add_claim"),
            (_("Watches"), "visibility", "claims_watch_changelist", "claims.view_watch"),
        ),
    ),
    (
        _("Audit"),
        (
            (_("Settlements"), "fact_check", "claims_settlement_changelist", "claims.view_settlement"),
            (
                _("Account entries"),
                "account_balance_wallet",
                "members_accountentry_changelist",
                "members.view_accountentry",
            ),
            (_("Claim events"), "history", "claims_claimevent_changelist", "claims.view_claimevent"),
            (
                _("Version transitions"),
                "published_with_changes",
                "policies_versiontransition_changelist",
                "policies.view_versiontransition",
            ),
            (
                _("Affected settlements"),
                "warning",
                "claims_affectednotice_changelist",
                "claims.view_affectednotice",
            ),
            (
                _("Re-adjudications"),
                "autorenew",
                "claims_readjudicationrun_changelist",
                "claims.view_readjudicationrun",
            ),
            (_("Users"), "badge", "policies_user_changelist", "policies.view_user"),
            (_("Roles"), "admin_panel_settings", "auth_group_changelist", "auth.view_group"),
        ),
    ),
)


def navigation(request) -> list[dict]:
    """The groups with the entries that this person may see; a group without any is left out.

    The entry whose address is the longest beginning of the request's is the active one.
    """
    groups = []
    for title, entries in _GROUPS:
        items = [
            _item(*entry[:3]) for entry in entries if entry[3] is None or request.user.has_perm(entry[3])
        ]
        if items:
            groups.append({"title": title, "separator": title is not None, "items": items})
    home = reverse("admin:index")
    items = [item for group in groups for item in group["items"]]
    found = [item for item in items if request.path.startswith(item["link"]) and item["link"] != home]
    if request.path == home:
        found = [item for item in items if item["link"] == home]
    if found:
        max(found, key=lambda item: len(item["link"]))["active"] = True
    return groups


def _item(title, icon: str, name: str) -> dict:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{name}"), "active": False}
