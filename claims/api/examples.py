"""What the API's description shows."""

_CLAIM_ID = "018f2c6e-7b9a-7c1d-8e2f-3a4b5c6d7e8f"
_LINKS = {
    "self": f"/api/v1/claims/{_CLAIM_ID}/",
    "settlements": f"/api/v1/claims/{_CLAIM_ID}/settlements/",
}

ORDINARY = {
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
    "lines": [
        {
            "item_code": "A10BA02",
            "name": "二甲双胍",
            "quantity": "2",
            "unit_price": "16.50",
            "amount": "33.00",
        }
    ],
}
INPATIENT = {
    "claim_number": "HN-2023-000018",
    "member_number": "370600198005010017",
    "benefit": "inpatient",
    "admitted_on": "2023-03-01",
    "discharged_on": "2023-03-09",
    "use_account": True,
    "total": "4200.00",
    "lines": [{"item_code": "BED-1", "quantity": "8", "unit_price": "525.00", "amount": "4200.00"}],
}
QUEUED = {
    "id": _CLAIM_ID,
    "claim_number": "HN-2023-000017",
    "status": "queued",
    "code": None,
    "message": None,
    "received_at": "2023-03-01T09:15:30.123456+08:00",
    "settlement": None,
    "links": _LINKS | {"withdrawal": f"/api/v1/claims/{_CLAIM_ID}/withdrawal/"},
}
SETTLED = QUEUED | {
    "status": "settled",
    "settlement": {
        "claim": _CLAIM_ID,
        "revision": 1,
        "outcome": "settled",
        "reason": None,
        "policy": {
            "city": "370600",
            "effective_from": "2023-01-01",
            "revision": 1,
            "document": "烟政办发〔2022〕17号",
        },
        "benefit": "ordinary",
        "tier": "level 1",
        "status": "employed",
        "total": "33.00",
        "self_funded": "0.00",
        "over_price": "0.00",
        "upfront_self_pay": "0.00",
        "eligible": "33.00",
        "deductible": "0.00",
        "fund_rate": "0.7000",
        "over_limit": "0.00",
        "pooled_fund": "23.10",
        "critical_illness": "0.00",
        "institution_share": "0.00",
        "personal": "9.90",
        "account": "0.00",
        "family_account": "0.00",
        "cash": "9.90",
        "steps": [
            {
                "rule": "rate",
                "text": "起付标准以上 33.00 元，统筹基金支付 70%，即 23.10 元。",
                "figures": {"base": "33.00", "rate": "0.70", "result": "23.10"},
                "document": "烟政办发〔2022〕17号",
                "clause": "二(一)2",
                "basis": "text",
                "note": "",
            }
        ],
    },
    "links": _LINKS | {"reversal": f"/api/v1/claims/{_CLAIM_ID}/reversal/"},
}
QUOTED = {
    "claim_number": None,
    "status": "settled",
    "code": None,
    "message": None,
    "settlement": SETTLED["settlement"] | {"claim": None, "revision": None},
}
QUESTION = {"member_number": "370600198005010017", "on": "2023-03-01", "benefit": "ordinary"}
ENTITLED = {
    "entitled": True,
    "code": None,
    "message": None,
    "policy": SETTLED["settlement"]["policy"],
    "benefit": "ordinary",
    "in_city": True,
    "tier": "level 1",
    "status": "employed",
    "diseases": [],
    "deductible": {"period": "year", "total": "0.00", "used": "0.00", "left": "0.00"},
    "limits": [
        {
            "counts": "fund_payment",
            "pool": "outpatient",
            "disease": None,
            "period": "year",
            "total": "5000.00",
            "used": "1200.00",
            "left": "3800.00",
        }
    ],
    "account": {"period": "year", "total": "900.00", "used": "250.00", "left": "650.00"},
}
IN_ARREARS = ENTITLED | {
    "entitled": False,
    "code": "not_entitled_arrears",
    "message": "服务月份的医保费未按时缴纳，统筹基金不予支付。",
}
_BATCH_ID = "018f2c6e-7c10-7d2e-9f30-4b5c6d7e8f90"
BATCH = {
    "id": _BATCH_ID,
    "idempotency_key": "2023-03-01-a",
    "format": "csv",
    "received_at": "2023-03-01T18:00:00.123456+08:00",
    "claims": 3,
    "stored": 2,
    "same": 0,
    "refused": 1,
    "by_status": {
        "queued": 1,
        "settled": 1,
        "rejected": 0,
        "pended": 0,
        "merged": 0,
        "withdrawn": 0,
        "reversed": 0,
    },
    "waiting": 1,
    "links": {
        "self": f"/api/v1/claim-batches/{_BATCH_ID}/",
        "results": f"/api/v1/claim-batches/{_BATCH_ID}/results/",
        "claims": f"/api/v1/claims/?batch={_BATCH_ID}",
    },
}
_PAID = ("total", "pooled_fund", "critical_illness", "personal", "account", "family_account", "cash")
BATCH_RESULTS = {
    "batch": _BATCH_ID,
    "results": [
        {
            "row": 2,
            "claim_number": "HN-2023-000017",
            "arrival": "new",
            "claim": _CLAIM_ID,
            "status": "settled",
            "code": None,
            "message": None,
            "paid": {name: SETTLED["settlement"][name] for name in _PAID},
            "errors": [],
        },
        {
            "row": 4,
            "claim_number": "HN-2023-000019",
            "arrival": "refused",
            "claim": None,
            "status": None,
            "code": None,
            "message": None,
            "paid": None,
            "errors": [
                {
                    "row": 5,
                    "column": "amount",
                    "pointer": None,
                    "code": "formula",
                    "detail": "单元格是公式。请复制后以“值”的方式粘贴。",
                }
            ],
        },
    ],
}
