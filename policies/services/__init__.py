from policies.services.lifecycle import (
    approve_version,
    publish_version,
    return_version,
    submit_version,
    withdraw_version,
)
from policies.services.register import load_register
from policies.services.steps import VersionRefused
from policies.services.versions import create_draft, draft_from, load_version

__all__ = [
    "VersionRefused",
    "approve_version",
    "create_draft",
    "draft_from",
    "load_register",
    "load_version",
    "publish_version",
    "return_version",
    "submit_version",
    "withdraw_version",
]
