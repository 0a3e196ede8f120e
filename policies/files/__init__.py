"""Policy files: a version, or the register of cities and documents, as YAML or a workbook that an officer reads."""

from policies.files.nodes import Fault, FileFaults
from policies.files.reading import read_version
from policies.files.upload import read_upload
from policies.files.writing import write_version
from policies.files.xlsx_reading import read_xlsx
from policies.files.xlsx_writing import write_xlsx

__all__ = [
    "Fault",
    "FileFaults",
    "read_upload",
    "read_version",
    "read_xlsx",
    "write_version",
    "write_xlsx",
]
