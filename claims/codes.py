"""Short names of the reject, pend and no-payment codes, for lists and filters; claims.messages has the sentences."""

from django.utils.translation import gettext_lazy as _

PENDED = {
    "no_policy_in_force": _("no policy in force"),
    "parameter_missing": _("a parameter is missing"),
    "special_rule": _("rule of its own, not configured"),
    "awaiting_inpatient": _("waits for the inpatient claim"),
    "review": _("waits for review"),
}
REJECTED = {
    "unknown_member": _("unknown member"),
    "future_service_date": _("service date in the future"),
    "amount_mismatch": _("amounts do not match"),
    "invalid_stay": _("stay incomplete or reversed"),
    "area_mismatch": _("area does not match"),
    "unknown_listed_claim": _("listed claim unknown"),
    "review_refused": _("refused after review"),
}
WITHOUT_PAYMENT = {
    "no_prescription": _("no prescription"),
    "institution_not_covered": _("institution not covered"),
    "not_entitled_arrears": _("contribution in arrears"),
    "waiting_period": _("waiting period"),
    "in_hospital": _("during a hospital stay"),
    "ltc_specialised_care": _("during specialised care"),
    "out_of_area": _("out of area, not covered"),
}
LABELS = PENDED | REJECTED | WITHOUT_PAYMENT


def code_label(code: str) -> str:
    return str(LABELS.get(code, code))
