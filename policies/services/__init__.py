from policies.services.register import load_register
from policies.services.versions import (
    VersionRefused,
    create_draft,
    draft_from,
    load_version,
    publish_version,
    withdraw_version,
)

__all__ = [
    "VersionRefused",
    "create_draft",
    "draft_from",
    "load_register",
    "load_version",
    "publish_version",
    "withdraw_version",
]
