"""A draft as a form (policies.editor.version): every parameter in yuan and percent, with its clause."""

from policies.editor.version import ADD, VersionEditor

__all__ = ["ADD", "VersionEditor"]
