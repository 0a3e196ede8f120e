"""Small pages beside the models' own: one form that makes one call of a service."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from policies import access


def form_page(admin, request, form_class, *, permission, title, label, act, lead="", initial=None):
    """Shows the form; once it is sent and good, `act(form)` does the work and returns what to tell.

    `permission`: full name of what the user must hold. `act` may raise ValidationError, which is shown.
    """
    if not access.may(request.user, permission):
        raise PermissionDenied
    form = form_class(request.POST or None, initial=initial or request.GET.dict())
    if form.is_bound and form.is_valid():
        try:
            told = act(form)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, told)
            opts = admin.opts
            return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
    request.current_app = admin.admin_site.name
    context = {
        **admin.admin_site.each_context(request),
        "title": title,
        "opts": admin.opts,
        "form": form,
        "lead": lead,
        "label": label,
    }
    return TemplateResponse(request, "pages/form_page.html", context)
