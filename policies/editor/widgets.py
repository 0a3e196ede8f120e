"""Plain inputs, written without templates: a draft has hundreds of them, and Django's take a millisecond each."""

from django import forms
from django.forms.utils import flatatt
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import mark_safe


class Input(forms.TextInput):
    """One line."""

    def render(self, name, value, attrs=None, renderer=None):
        own = self.build_attrs(self.attrs, attrs)
        shown = self.format_value(value)
        given = {} if shown is None else {"value": shown}
        return format_html("<input{}>", flatatt({"type": self.input_type, "name": name, **given, **own}))


class Number(Input):
    input_type = "number"


class Day(forms.DateInput, Input):
    """A day, picked or typed."""

    input_type = "date"
    render = Input.render

    def __init__(self, attrs=None):
        super().__init__(attrs, "%Y-%m-%d")


class Lines(forms.Textarea):
    """Several lines."""

    def render(self, name, value, attrs=None, renderer=None):
        own = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return format_html("<textarea{}>\n{}</textarea>", own, self.format_value(value) or "")


class Tick(forms.CheckboxInput):
    """Yes or no."""

    def render(self, name, value, attrs=None, renderer=None):
        checked = {"checked": True} if self.check_test(value) else {}
        own = {"type": "checkbox", "name": name, **checked, **self.build_attrs(self.attrs, attrs)}
        return format_html("<input{}>", flatatt(own))


class Choice(forms.Select):
    """One of a list."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = self.format_value(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (code, mark_safe(" selected") if str(code) in chosen else "", conditional_escape(label))
                for code, label in self.choices
            ),
        )
        own = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return format_html("<select{}>{}</select>", own, options)


class Ticks(forms.CheckboxSelectMultiple):
    """Several of a list."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = self.format_value(value)
        own = self.build_attrs(self.attrs, attrs)
        key = own.pop("id", "")
        boxes = format_html_join(
            "",
            '<label><input type="checkbox" name="{}" value="{}"{}{}> {}</label>',
            (
                (name, code, mark_safe(" checked") if str(code) in chosen else "", flatatt(own), label)
                for code, label in self.choices
            ),
        )
        return format_html('<span class="ticks" id="{}">{}</span>', key, boxes)
