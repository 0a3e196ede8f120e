"""Who asks, and how often: institutions by their keys, limits by key and by address."""

import time
from dataclasses import dataclass
from threading import Lock
from typing import ClassVar

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.throttling import BaseThrottle

from members.models import Institution
from members.services.keys import authenticate, digest_of

log = structlog.get_logger(__name__)

_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """An institution that showed a live key. `key` tells its keys apart without being one."""

    institution: Institution
    key: str
    is_authenticated: bool = True


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`. Its use is noted, once a day, unless the view writes nothing at all."""

    def authenticate(self, request) -> tuple[Caller, None] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        secret = secret.strip()
        if not secret or len(secret) > _LONGEST_KEY or not secret.isascii():
            raise AuthenticationFailed
        key = secret.decode("ascii")
        writes_nothing = getattr(request.parser_context["view"], "writes_nothing", False)
        institution = authenticate(key, at=timezone.now(), note_use=not writes_nothing)
        if institution is None:
            raise AuthenticationFailed
        return Caller(institution, digest_of(key)[:16]), None

    def authenticate_header(self, request) -> str:
        return 'Bearer realm="claims"'


class IsInstitution(BasePermission):
    def has_permission(self, request, view) -> bool:
        return isinstance(request.user, Caller)


class _PerMinute(BaseThrottle):
    """So many requests in each minute of the clock, by all processes together where the cache is Redis.

    A process counts by itself, and adds up with the others every few seconds, or after a hundredth of the limit:
    a round trip for each request would cost more than it protects. So all processes together may let pass
    a hundredth of the limit more for each of them.
    """

    PAUSE_SECONDS = 10
    SYNC_SECONDS = 5.0
    _paused_until = 0.0
    _counted: ClassVar[dict[str, "_Count"]] = {}
    _counting = Lock()

    def __init__(self):
        self._left = 0.0

    def allow_request(self, request, view) -> bool:
        most = self.most()
        if not most:
            return True
        minute, passed = divmod(time.time(), 60)
        self._left = 60 - passed
        return self._count(f"{type(self).__name__}:{self.identity(request)}", int(minute), most) <= most

    def wait(self) -> float:
        return self._left

    def _count(self, name: str, minute: int, most: int) -> int:
        """How many requests this one makes; 0 while the cache is away, which must not stop claims."""
        now = time.monotonic()
        if now < _PerMinute._paused_until:
            return 0
        with self._counting:
            count = self._counted.get(name)
            if count is None or count.minute != minute:
                count = self._counted[name] = _Count(minute, synced=now)
                self._forget(minute)
            count.new += 1
            if count.new < max(1, most // 100) and now - count.synced < self.SYNC_SECONDS:
                return count.total + count.new
            new, count.new, count.synced = count.new, 0, now
        try:
            cache.add(f"{name}:{minute}", 0, timeout=120)
            count.total = cache.incr(f"{name}:{minute}", new)
            return count.total
        except ValueError:  # Redis was emptied between the two: counting begins anew
            return new
        except RedisError as error:
            _PerMinute._paused_until = now + self.PAUSE_SECONDS
            log.warning("requests are not counted", error=type(error).__name__)
            return 0

    def _forget(self, minute: int) -> None:
        """Drop the counts of earlier minutes, where they have become many."""
        if len(self._counted) > _MOST_COUNTED:
            for name in [name for name, count in self._counted.items() if count.minute != minute]:
                del self._counted[name]

    def most(self) -> int:
        raise NotImplementedError

    def identity(self, request) -> str:
        raise NotImplementedError


_MOST_COUNTED = 10_000


@dataclass(slots=True)
class _Count:
    """Requests in a minute: those of all processes when they last added up, and those of this one since."""

    minute: int
    total: int = 0
    new: int = 0
    synced: float = 0.0


class PerAddress(_PerMinute):
    """Every request, also those without a valid key, by the visitor's address."""

    def most(self) -> int:
        return settings.API_REQUESTS_PER_MINUTE_AND_ADDRESS

    def identity(self, request) -> str:
        return self.get_ident(request)


class PerKey(_PerMinute):
    def most(self) -> int:
        return settings.API_REQUESTS_PER_MINUTE_AND_KEY

    def identity(self, request) -> str:
        return request.user.key
