"""The sample institutions' API keys, kept in a file of this machine, since the database holds only hashes."""

import json
from datetime import datetime
from pathlib import Path

from claims.demo.load import REASON
from members.models import Institution
from members.services.keys import authenticate, create_key, live_keys, revoke_key
from policies.models import User


def working_keys(file: Path, codes: list[str], *, actor: User, at: datetime) -> dict[str, str]:
    """A live key for each institution, by code: those of the file that work, new ones for the others."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    keys = {}
    for institution in Institution.objects.filter(code__in=codes).order_by("code"):
        secret = kept.get(institution.code, "")
        known = authenticate(secret, at=at)
        keys[institution.code] = secret if known == institution else _new(institution, actor, at)
    if keys != kept:
        file.touch(mode=0o600)
        file.write_text(json.dumps(keys, indent=1))
    return keys


def _new(institution: Institution, actor: User, at: datetime) -> str:
    """A new key; those whose secret is lost are revoked."""
    for key in live_keys(institution, at=at):
        revoke_key(key=key, at=at, actor=actor, reason=REASON)
    _key, secret = create_key(institution=institution, at=at, actor=actor, reason=REASON)
    return secret
