"""What people do with a draft besides its figures: who edited it, and what was said about it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.models.versions import PolicyVersion


class VersionEdit(models.Model):
    """One edit of a draft: who, when, why, from where. Append-only. `editor` is empty for a command.

    Whoever stands here for a version can neither approve nor publish it.
    """

    class Source(models.TextChoices):
        PAGE = "page", _("on its page")
        FILE = "file", _("from a file")
        COPY = "copy", _("brought along from the draft that it was made from")
        COMMAND = "command", _("by a command")

    version = models.ForeignKey(
        PolicyVersion, models.PROTECT, verbose_name=_("policy version"), related_name="edits"
    )
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    editor_name = models.CharField(_("editor"), max_length=150)
    at = models.DateTimeField(_("at"))
    reason = models.CharField(_("reason"), max_length=300)
    source = models.CharField(_("from where"), max_length=10, choices=Source)

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("edit of a draft")
        verbose_name_plural = _("edits of drafts")

    def __str__(self):
        return f"{self.version} {self.editor_name}"


class VersionComment(models.Model):
    """A remark at a figure of a version, an answer to it, or that it is settled: append-only.

    `place` is the figure by the file's own keys (as in a gap), "" the version as a whole. `about` is the first
    remark of the thread; a thread is open until its last row says resolved.
    """

    class Kind(models.TextChoices):
        COMMENT = "comment", _("comment")
        RESOLVED = "resolved", _("resolved")
        REOPENED = "reopened", _("opened again")

    version = models.ForeignKey(
        PolicyVersion, models.PROTECT, verbose_name=_("policy version"), related_name="comments"
    )
    place = models.CharField(_("figure"), max_length=200, blank=True)
    about = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("answers"), null=True, blank=True, related_name="answers"
    )
    kind = models.CharField(_("what"), max_length=10, choices=Kind, default=Kind.COMMENT)
    text = models.CharField(_("text"), max_length=1000, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("by"), related_name="+"
    )
    author_name = models.CharField(_("author"), max_length=150)
    at = models.DateTimeField(_("at"))

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("comment on a version")
        verbose_name_plural = _("comments on versions")

    def __str__(self):
        return self.text[:60] or self.get_kind_display()
