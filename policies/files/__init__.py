"""Policy files: a version, or the register of cities and documents, as YAML that an officer reads."""

from policies.files.nodes import Fault, FileFaults
from policies.files.reading import read_version
from policies.files.writing import write_version

__all__ = ["Fault", "FileFaults", "read_version", "write_version"]
