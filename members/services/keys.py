"""API keys of institutions: shown once, stored only as a hash, at most two live at a time."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from members.lookups import Among, Prepared
from members.models import Institution, InstitutionKey
from members.services import history
from policies.models import User

MARK = "mz_"
LIVE_AT_MOST = 2
# The part of a secret by which people tell keys apart: 8 of its 54 random characters. What stays unknown
# holds more than 256 bits.
_PREFIX_LENGTH = len(MARK) + 8
_RANDOM_BYTES = 40
_SOON = timedelta(days=30)


def digest_of(secret: str) -> str:
    """The SHA-256 under which a key is stored (a random key needs no salt and no slow hash)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def live_keys(institution: Institution, *, at: datetime) -> QuerySet[InstitutionKey]:
    """The keys that work at a moment: not revoked, not expired."""
    return InstitutionKey.objects.filter(_live(at), institution=institution)


def ending(found: QuerySet[InstitutionKey], *, at: datetime) -> QuerySet[InstitutionKey]:
    """Those of these keys that work, and stop within a month."""
    return found.filter(_live(at), expires_at__lte=at + _SOON)


@transaction.atomic
def create_key(
    *,
    institution: Institution,
    at: datetime,
    actor: User | None,
    reason: str,
    expires_at: datetime | None = None,
) -> tuple[InstitutionKey, str]:
    """A new key and its secret, which nothing can show again.

    Raises ValidationError `too_many_keys` where two are live, `expired` where it would never work.
    """
    Institution.objects.select_for_update().get(pk=institution.pk)
    if live_keys(institution, at=at).count() >= LIVE_AT_MOST:
        raise ValidationError(
            _("The institution has two live keys already: revoke the one that it no longer uses."),
            code="too_many_keys",
        )
    if expires_at is not None and expires_at <= at:
        raise ValidationError(_("The key would have expired already: choose a later day."), code="expired")
    secret = MARK + secrets.token_urlsafe(_RANDOM_BYTES)
    key = InstitutionKey(
        institution=institution,
        prefix=secret[:_PREFIX_LENGTH],
        digest=digest_of(secret),
        created_at=at,
        created_by=actor,
        expires_at=expires_at,
    )
    history.save(key, actor=actor, reason=reason)
    return key, secret


@transaction.atomic
def rotate_key(
    *,
    key: InstitutionKey,
    at: datetime,
    old_works_until: datetime | None,
    actor: User | None,
    reason: str,
    expires_at: datetime | None = None,
) -> tuple[InstitutionKey, str]:
    """A new key beside `key`, which then works only until `old_works_until` (None: it is revoked at once)."""
    if old_works_until is None or old_works_until <= at:
        revoke_key(key=key, at=at, actor=actor, reason=reason)
    created = create_key(
        institution=key.institution, at=at, actor=actor, reason=reason, expires_at=expires_at
    )
    if key.revoked_at is None and (key.expires_at is None or key.expires_at > old_works_until):
        key.expires_at = old_works_until
        history.save(key, actor=actor, reason=reason)
    return created


@transaction.atomic
def revoke_key(*, key: InstitutionKey, at: datetime, actor: User | None, reason: str) -> InstitutionKey:
    """Stops a key from now on; one that is revoked stays as it was."""
    if key.revoked_at is None:
        key.revoked_at = at
        history.save(key, actor=actor, reason=reason)
    return key


def authenticate(secret: str, *, at: datetime, note_use: bool = True) -> Institution | None:
    """The institution whose live key this is, or None. With `note_use` notes the day of use, once a day.

    A stolen database holds only hashes, and looking one up by equality tells nothing about others: the
    digest of a guess cannot be steered towards a stored one.
    """
    if not secret.startswith(MARK) or not secret.isascii():
        return None
    for id, revoked_at, expires_at, last_used_on, *institution in _by_digest([digest_of(secret)]):
        if revoked_at is not None or (expires_at is not None and expires_at <= at):
            return None
        today = timezone.localdate(at)
        if note_use and last_used_on != today:
            # An update, not a save: being used is no change that history is about.
            InstitutionKey.objects.filter(pk=id).update(last_used_on=today)
        return Institution.from_db(None, _OF_INSTITUTION, institution)
    return None


_OF_INSTITUTION = ["id", "code", "name", "city_id"]


def _with_digest(digests: list[str]) -> QuerySet:
    found = InstitutionKey.objects.filter(Among(F("digest"), digests)).order_by()
    id, *texts = (F(f"institution__{name}") for name in _OF_INSTITUTION)
    of_institution = [id, *(Cast(text, TextField()) for text in texts)]
    return found.values_list("id", "revoked_at", "expires_at", "last_used_on", *of_institution)


# Asked for with every request.
_by_digest = Prepared(_with_digest, planned=True)


def _live(at: datetime) -> Q:
    return Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=at))
