"""Cities, documents and framework bounds, as the project's register file lists them."""

from datetime import datetime

from django.db import transaction

from policies.library import Register
from policies.models import City, FrameworkBound, PolicyDocument


@transaction.atomic
def load_register(*, register: Register, actor, reason: str, at: datetime) -> int:
    """Adds what is missing and corrects what differs, with history; returns how many records changed.

    What staff added beside the file stays.
    """
    common = {"actor": actor, "reason": reason, "at": at}
    changed = 0
    for city in register.cities:
        values = {"name": city.name, "name_en": city.name_en}
        changed += _put(City, {"code": city.code}, values, **common)
    for entry in register.documents:
        values = {
            "title": entry.title,
            "issuer": entry.issuer,
            "issued_on": entry.issued_on,
            "kind": entry.kind,
            "city_id": entry.city or None,
            "available": entry.available,
        }
        changed += _put(PolicyDocument, {"number": entry.number}, values, **common)
    documents = dict(PolicyDocument.objects.values_list("number", "pk"))
    for bound in register.bounds:
        key = {"city_id": bound.city, "rule": bound.rule, "benefit": bound.benefit, "status": bound.status}
        values = {
            "value": bound.value,
            "on": bound.on,
            "document_id": documents[bound.document],
            "clause": bound.clause,
            "note": bound.note,
        }
        changed += _put(FrameworkBound, key, values, **common)
    return changed


def _put(model, key: dict, values: dict, *, actor, reason: str, at: datetime) -> bool:
    found = model.objects.filter(**key).first() or model(**key)
    if not found._state.adding and all(getattr(found, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(found, name, value)
    found._history_user, found._change_reason, found._history_date = actor, reason, at
    found.save()
    return True
