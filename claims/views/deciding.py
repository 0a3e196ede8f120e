"""Deciding about one or many claims of a group on a page, with a reason.

A decision is (name, label, kind of button, call(ids, reason, actor, at) → how many).
"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from claims.models import Claim
from claims.services.errors import ClaimStateError
from policies import access

# So many are decided at once; what is left of a group stands on the page for the next time.
AT_ONCE = 1000


def decide(request, decisions, claims, form):
    """Does what was decided, about the chosen claims or the group's oldest; None where the page says why not."""
    if not access.may(request.user, "claims.change_claim"):
        raise PermissionDenied
    act = {name: call for name, _label, _kind, call in decisions}.get(request.POST.get("decision"))
    chosen = _chosen(request, claims)
    if act is None or not chosen:
        form.add_error(None, _("Choose at least one claim."))
        return None
    try:
        count = act(chosen, form.cleaned_data["reason"], request.user, timezone.now())
    except (ClaimStateError, Claim.DoesNotExist):
        messages.error(
            request, _("Some of these claims have moved on meanwhile: nothing was done. Choose again.")
        )
        return HttpResponseRedirect(request.get_full_path())
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return None
    messages.success(
        request, ngettext("%(count)s claim decided.", "%(count)s claims decided.", count) % {"count": count}
    )
    return HttpResponseRedirect(request.get_full_path())


def _chosen(request, claims) -> list:
    """The claims that were ticked, or the oldest of the whole group; only such as still are in it."""
    if "all" in request.POST:
        return list(claims.order_by("seq").values_list("pk", flat=True)[:AT_ONCE])
    try:
        return list(
            claims.filter(pk__in=request.POST.getlist("claim")[:AT_ONCE]).values_list("pk", flat=True)
        )
    except ValidationError:
        return []
