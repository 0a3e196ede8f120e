"""An institution's API keys on its page: a secret is shown once, in the answer to the request that made it."""

from datetime import datetime, time, timedelta

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from members.forms import KeyForm, RevokeForm, RotateForm
from members.models import Institution, InstitutionKey
from members.services import keys
from policies import access


class KeysPage:
    """For the institutions' admin: the page of one's keys, and what is done there."""

    def has_keys_permission(self, request, obj=None):
        return access.may(request.user, "members.view_institutionkey")

    @action(description=gettext_lazy("API keys"), icon="key", url_path="keys", permissions=["keys"])
    def api_keys(self, request, object_id):
        return self._keys_page(request, self._found(request, object_id))

    def get_urls(self):
        view = self.admin_site.admin_view
        own = [
            path("<path:object_id>/keys/new/", view(self.new_key), name="members_institution_new_key"),
            path(
                "<path:object_id>/keys/<int:key_id>/rotate/",
                view(self.rotate_key),
                name="members_institution_rotate_key",
            ),
            path(
                "<path:object_id>/keys/<int:key_id>/revoke/",
                view(self.revoke_key),
                name="members_institution_revoke_key",
            ),
        ]
        return own + super().get_urls()

    def new_key(self, request, object_id):
        institution = self._found(request, object_id, "members.add_institutionkey")
        form = KeyForm(request.POST)
        return self._act(request, institution, form, "new", lambda: self._create(request, institution, form))

    def _create(self, request, institution, form):
        _key, secret = keys.create_key(
            institution=institution,
            at=timezone.now(),
            actor=request.user,
            reason=form.cleaned_data["reason"],
            expires_at=_end_of(form.cleaned_data["expires_on"]),
        )
        return secret

    def rotate_key(self, request, object_id, key_id):
        institution = self._found(request, object_id, "members.change_institutionkey")
        key = self._key(institution, key_id)
        form = RotateForm(request.POST)
        return self._act(
            request, institution, form, f"rotate-{key.pk}", lambda: self._rotate(request, key, form)
        )

    def _rotate(self, request, key, form):
        _key, secret = keys.rotate_key(
            key=key,
            at=timezone.now(),
            old_works_until=_end_of(form.cleaned_data["old_until"]),
            actor=request.user,
            reason=form.cleaned_data["reason"],
            expires_at=_end_of(form.cleaned_data["expires_on"]),
        )
        return secret

    def revoke_key(self, request, object_id, key_id):
        institution = self._found(request, object_id, "members.change_institutionkey")
        key = self._key(institution, key_id)
        form = RevokeForm(request.POST)
        return self._act(
            request, institution, form, f"revoke-{key.pk}", lambda: self._revoke(request, key, form)
        )

    def _revoke(self, request, key, form):
        keys.revoke_key(key=key, at=timezone.now(), actor=request.user, reason=form.cleaned_data["reason"])

    def _found(self, request, object_id, permission="members.view_institution") -> Institution:
        if permission != "members.view_institution" and request.method != "POST":
            raise Http404
        if not request.user.has_perm(permission):
            raise PermissionDenied
        institution = self.get_object(request, unquote(object_id))
        if institution is None:
            raise Http404
        return institution

    @staticmethod
    def _key(institution, key_id) -> InstitutionKey:
        key = institution.keys.filter(pk=key_id).first()
        if key is None:
            raise Http404
        return key

    def _act(self, request, institution, form, name, act):
        """Does what a form asks; its faults, or the secret that came of it, stand on the page."""
        if not form.is_valid():
            return self._keys_page(request, institution, open_form=(name, form))
        try:
            secret = act()
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self._keys_page(request, institution, open_form=(name, form))
        return self._keys_page(request, institution, secret=secret, done=True)

    def _keys_page(self, request, institution, *, secret=None, done=False, open_form=(None, None)):
        now = timezone.now()
        live = set(keys.live_keys(institution, at=now).values_list("pk", flat=True))
        name, bound = open_form

        def form(kind, form_class):
            return bound if kind == name else form_class(auto_id=f"{kind}_%s")

        listed = [
            {
                "key": key,
                "live": key.pk in live,
                "rotate": form(f"rotate-{key.pk}", RotateForm),
                "revoke": form(f"revoke-{key.pk}", RevokeForm),
            }
            for key in institution.keys.select_related("created_by")
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("API keys of %(name)s") % {"name": institution},
            "opts": self.opts,
            "original": institution,
            "institution": institution,
            "keys": listed,
            "secret": secret,
            "done": done,
            "new_form": form("new", KeyForm),
            "room": len(live) < keys.LIVE_AT_MOST,
            "may_add": request.user.has_perm("members.add_institutionkey"),
            "may_change": request.user.has_perm("members.change_institutionkey"),
        }
        request.current_app = self.admin_site.name
        response = TemplateResponse(request, "members/keys.html", context)
        response["Cache-Control"] = "no-store"
        return response


def _end_of(day) -> datetime | None:
    """The moment at which a last day is over."""
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
