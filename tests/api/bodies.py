"""Claims as institutions send them."""

import json
from typing import Any


def line(**changes) -> dict[str, Any]:
    return {
        "item_code": "A10BA02",
        "name": "二甲双胍",
        "quantity": "2",
        "unit_price": "16.50",
        "amount": "33.00",
    } | changes


def claim(**changes) -> dict[str, Any]:
    """The claim of the specification; `changes` replace fields, Ellipsis takes one away."""
    fields = {
        "claim_number": "HN-2023-000017",
        "member_number": "370600198005010017",
        "benefit": "ordinary",
        "service_date": "2023-03-01",
        "admitted_on": None,
        "discharged_on": None,
        "disease_code": None,
        "out_of_area": "none",
        "prescribed_by": None,
        "use_account": False,
        "emergency": None,
        "lists": [],
        "total": "33.00",
        "lines": [line()],
    } | changes
    return {name: value for name, value in fields.items() if value is not ...}


def stay(**changes) -> dict[str, Any]:
    """An inpatient claim."""
    dates = {"service_date": None, "admitted_on": "2023-03-01", "discharged_on": "2023-03-09"}
    return claim(**({"benefit": "inpatient"} | dates | changes))


def emergency(**changes) -> dict[str, Any]:
    return claim(
        **({"benefit": "emergency", "emergency": {"disposition": "died", "statement": True}} | changes)
    )


def encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
