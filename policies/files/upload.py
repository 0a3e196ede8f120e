"""A file that staff upload: which form it has, its name says."""

from django.utils.translation import gettext_lazy as _

from policies import rows
from policies.files.nodes import Fault, FileFaults
from policies.files.reading import read_version
from policies.files.xlsx_reading import MAX_BYTES, read_xlsx


def read_upload(data: bytes, name: str) -> rows.VersionRows:
    """The version in a YAML or XLSX file. Raises FileFaults with every fault found."""
    lower = name.lower()
    if len(data) > MAX_BYTES:
        raise FileFaults([Fault("", _("is larger than %(most)s bytes"), {"most": MAX_BYTES})], name)
    if lower.endswith(".xlsx"):
        return read_xlsx(data, name)
    if lower.endswith((".yaml", ".yml")):
        return read_version(data, name)
    raise FileFaults([Fault("", _("must be a .yaml or .xlsx file"))], name)
