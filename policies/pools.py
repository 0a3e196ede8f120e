"""The names of pools that people read; a pool named otherwise by staff is shown as they named it."""

from django.utils.translation import gettext_lazy as _

POOLS = {
    "ordinary": _("ordinary outpatient"),
    "outpatient": _("outpatient, ordinary and chronic together"),
    "chronic": _("outpatient chronic disease"),
    "special": _("outpatient special disease"),
    "inpatient": _("inpatient"),
    "pooled": _("pooled fund"),
}


def pool_name(code: str) -> str:
    return str(POOLS.get(code, code))
