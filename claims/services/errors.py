"""What a service refuses because of the state in which it found a claim."""

from collections.abc import Iterable


class ClaimStateError(Exception):
    """A claim's state forbids what was asked. `status`: that state; `claim_numbers`: the claims (one or more)."""

    def __init__(self, status: str, claim_numbers: Iterable[str] = ()):
        self.status = status
        self.claim_numbers = tuple(claim_numbers)
        super().__init__(f"{type(self).__name__}: {status}")


class NotSettled(ClaimStateError):
    """Only a settled claim can be reversed."""


class NotWithdrawable(ClaimStateError):
    """Only a claim that is queued or pended can be withdrawn."""


class NotInReview(ClaimStateError):
    """Only a claim pended for review can be released or refused."""


class NotPended(ClaimStateError):
    """Only a claim pended for a cause that can be gone, or parked, can be queued again."""
