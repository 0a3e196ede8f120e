"""Claims and settlements as the API answers them (spec 5), in either language; statements and worked cases too.

Amounts go out in yuan, rates as fractions. From the database: `claim_view`, `stored_settlement_view`. From
memory, without any database: `outcome_view`. Both make a settlement by `settlement_view`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.utils import timezone

from claims.engine.result import AMOUNTS, SETTLED
from claims.engine.steps import readable
from claims.entitlement import Allowance, Standing
from claims.messages import message
from claims.sets import Outcome
from policies.money import fraction, yuan
from policies.selectors import terms_of
from policies.terms import Terms

_BEFORE_RATE = AMOUNTS[: AMOUNTS.index("deductible") + 1]
_AFTER_RATE = AMOUNTS[len(_BEFORE_RATE) :]


def settlement_view(
    *,
    claim: str | None,
    revision: int | None,
    outcome: str,
    reason: str | None,
    benefit: str,
    tier: str,
    status: str,
    fund_rate: int | None,
    amounts: Mapping[str, int],
    terms: Terms,
    steps: Iterable[Sequence],
    language: str,
) -> dict[str, Any]:
    """One settlement revision. `amounts` by the names of AMOUNTS, in fen; `fund_rate` in ten-thousandths."""
    return {
        "claim": claim,
        "revision": revision,
        "outcome": outcome,
        "reason": reason or None,
        "policy": policy_view(terms),
        "benefit": benefit,
        "tier": tier or None,
        "status": status,
        **{name: yuan(amounts[name]) for name in _BEFORE_RATE},
        "fund_rate": None if fund_rate is None else fraction(fund_rate),
        **{name: yuan(amounts[name]) for name in _AFTER_RATE},
        "steps": [readable(step, terms, language) for step in steps],
    }


def policy_view(terms: Terms) -> dict[str, Any]:
    """Which version it is."""
    return {
        "city": terms.city,
        "effective_from": terms.effective_from.isoformat(),
        "revision": terms.revision,
        "document": terms.document,
    }


def stored_settlement_view(
    settlement, language: str, terms: Callable[[int], Terms] = terms_of
) -> dict[str, Any]:
    """A row of claims.models.Settlement. For many rows give a cached `terms`."""
    return settlement_view(
        claim=str(settlement.claim_id),
        revision=settlement.revision,
        outcome=settlement.kind,
        reason=settlement.reason,
        benefit=settlement.benefit,
        tier=settlement.tier,
        status=settlement.status,
        fund_rate=settlement.fund_rate,
        amounts={name: getattr(settlement, name) for name in AMOUNTS},
        terms=terms(settlement.version_id),
        steps=msgspec.json.decode(settlement.steps),
        language=language,
    )


def outcome_view(outcome: Outcome, language: str) -> dict[str, Any]:
    """What adjudicating in memory gave: a settlement, or the claim's state with code and message."""
    result = outcome.result
    claim = str(outcome.claim.id)
    if result.outcome != SETTLED:
        return {
            "claim": claim,
            "outcome": result.outcome,
            "reason": result.code,
            "message": message(result.code, result.detail, language),
        }
    return _outcome_settlement(outcome, claim, 1, language)


def quote_view(outcome: Outcome, claim_number: str, language: str) -> dict[str, Any]:
    """What adjudicating now would give: as a claim is answered, without what only a stored one has."""
    result = outcome.result
    settled = result.outcome == SETTLED
    return {
        "claim_number": claim_number or None,
        "status": result.outcome,
        "code": result.code or None,
        "message": message(result.code, result.detail, language) if result.code else None,
        "settlement": _outcome_settlement(outcome, None, None, language) if settled else None,
    }


def _outcome_settlement(
    outcome: Outcome, claim: str | None, revision: int | None, language: str
) -> dict[str, Any]:
    result = outcome.result
    return settlement_view(
        claim=claim,
        revision=revision,
        outcome=result.outcome,
        reason=result.code,
        benefit=result.benefit,
        tier=result.tier,
        status=result.status,
        fund_rate=result.fund_rate,
        amounts=dict(zip(AMOUNTS, result.amounts(), strict=True)),
        terms=outcome.terms,
        steps=result.steps,
        language=language,
    )


def standing_view(standing: Standing, language: str) -> dict[str, Any]:
    """The answer to a question about entitlement."""
    deductible, account = standing.deductible, standing.account
    return {
        "entitled": standing.entitled,
        "code": standing.code,
        "message": message(standing.code, standing.detail, language) if standing.code else None,
        "policy": policy_view(standing.terms) if standing.terms is not None else None,
        "benefit": standing.benefit,
        "in_city": standing.in_city,
        "tier": standing.tier,
        "status": standing.status,
        "diseases": list(standing.diseases),
        "deductible": _allowance(deductible) if deductible is not None else None,
        "limits": [
            {"counts": left.limit.basis, "pool": left.limit.pool, "disease": left.disease or None}
            | _allowance(left.allowance)
            for left in standing.limits
        ],
        "account": _allowance(account) if account is not None else None,
    }


def _allowance(allowance: Allowance) -> dict[str, Any]:
    total, left = allowance.total, allowance.left
    return {
        "period": allowance.period,
        "total": None if total is None else yuan(total),
        "used": yuan(allowance.used),
        "left": None if left is None else yuan(left),
    }


def message_of(claim, language: str) -> str | None:
    """Why a row of claims.models.Claim is rejected, pended or without payment, as a sentence."""
    if not claim.code:
        return None
    return message(claim.code, msgspec.json.decode(claim.detail) if claim.detail else (), language)


def claim_view(claim, settlement: dict | None, links: Mapping[str, str], language: str) -> dict[str, Any]:
    """A row of claims.models.Claim, with the view of its current settlement."""
    return {
        "id": str(claim.id),
        "claim_number": claim.claim_number,
        "status": claim.status,
        "code": claim.code or None,
        "message": message_of(claim, language),
        "received_at": timezone.localtime(claim.received_at, timezone.get_default_timezone()).isoformat(),
        "settlement": settlement,
        "links": dict(links),
    }
