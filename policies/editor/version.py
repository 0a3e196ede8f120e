"""A whole draft as one form: everything that it says can be edited, and is stored at once or not at all."""

from collections.abc import Iterable

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from msgspec.structs import replace

from policies import rows, terms
from policies.editor import accounts, blocks, fields
from policies.editor.benefits import BenefitForm
from policies.editor.forms import Context, RowForm, RowFormSet, shown
from policies.models import OutOfAreaTerm
from policies.models.base import CiteKind, Employment
from policies.places import Placed
from policies.pools import POOLS

ADD = "add"


class HeadForm(forms.Form):
    """What stands on the version itself."""

    place, places = "effective", ["effective", "document", "status_change"]
    document = fields.text(gettext_lazy("document"), length=60, required=True, offers=fields.DOCUMENTS)
    effective_from = fields.day(gettext_lazy("effective from"))
    effective_basis = fields.choice(gettext_lazy("basis of the date"), CiteKind.choices, required=True)
    effective_clause = fields.text(gettext_lazy("clause of the date"), length=60)
    note = fields.text(gettext_lazy("note"), length=300)
    status_change = fields.choice(
        gettext_lazy("account changes at retirement"),
        [
            (terms.SAME_MONTH, gettext_lazy("in the same month")),
            (terms.NEXT_MONTH, gettext_lazy("from the next month")),
        ],
        empty=gettext_lazy("not said"),
    )
    status_change_clause = fields.text(gettext_lazy("clause of that change"), length=60)
    status_change_note = fields.text(gettext_lazy("note on that change"), length=300)

    def __init__(self, data, *, context: Context, content, base):
        self.context = context
        self.remarks: list = []
        self._before = self._texts(base) if base is not None else {}
        super().__init__(data, prefix="head", initial=self._texts(content), use_required_attribute=False)

    def _texts(self, content) -> dict:
        return {name: getattr(content, name) for name in self.base_fields}

    def clean_document(self):
        return RowForm.clean_document(self)

    def was(self, name: str) -> str | None:
        return shown(self.fields[name], self._before.get(name)) if self._before else None

    def now(self, name: str) -> str:
        return shown(self.fields[name], self[name].value())


class VersionEditor:
    """The forms of a draft, in the order of its file.

    `content`: what the draft says now; `base`: the version that it is compared with; `data`: what was sent.
    With an `add` in it nothing is checked: a row is added to the set that it names.
    """

    def __init__(self, content: rows.VersionRows, base: rows.VersionRows | None, documents, data=None):
        self.content, self.base = content, base
        self.documents = documents
        self.checked = data is not None and ADD not in data
        data = None if data is None else _with_room(data)
        then = base or rows.VersionRows(city=content.city, document=content.document)
        self.context = Context(content.document, frozenset(documents), base is not None)
        self.head = HeadForm(data, context=self.context, content=content, base=base)
        self.tiers = self._set(
            blocks.TierFormSet,
            "tiers",
            data,
            content.tiers,
            then.tiers,
            lambda row: row.code,
            "tiers.{0.code}",
        )
        self.benefits = self._benefits(data, then)
        self._tables(data, then)
        self._accounts(data, then)

    def _set(self, factory, name, data, found, base, key, place="") -> RowFormSet:
        places = [place.format(row) if place else f"{name}[{number}]" for number, row in enumerate(found, 1)]
        return factory(
            data, prefix=name, context=self.context, found=found, base=base, key=key, places=places
        )

    def _benefits(self, data, then) -> list[BenefitForm]:
        now = {row.benefit: row for row in self.content.benefits}
        before = {row.benefit: row for row in then.benefits}
        return [
            BenefitForm(
                data,
                benefit=benefit,
                tiers=self.tiers.forms,
                prefix=benefit,
                context=self.context,
                row=now.get(benefit),
                base=before.get(benefit),
            )
            for benefit in terms.BENEFITS
        ]

    def _tables(self, data, then) -> None:
        content = self.content
        self.limits = self._set(
            blocks.LimitFormSet,
            "limits",
            data,
            content.limits,
            then.limits,
            lambda row: (row.pool, row.period, row.basis, row.disease, *row.statuses),
        )
        self.factors = self._set(
            blocks.FactorFormSet,
            "admission_factors",
            data,
            content.admission_factors,
            then.admission_factors,
            lambda row: row.ordinal_from,
        )
        self.critical = blocks.CriticalForm(
            data,
            prefix="critical_illness",
            context=self.context,
            row=content.critical_illness,
            base=then.critical_illness,
            place="critical_illness",
        )
        self.bands = self._set(
            blocks.BandFormSet,
            "critical_illness.bands",
            data,
            content.critical_illness.bands if content.critical_illness else [],
            then.critical_illness.bands if then.critical_illness else [],
            lambda row: row.above,
        )
        self.entitlement = blocks.EntitlementForm(
            data,
            prefix="entitlement",
            context=self.context,
            row=content.entitlement,
            base=then.entitlement,
            place="entitlement",
        )
        self.waiting = self._kinds(
            blocks.WaitingForm, Employment.choices, content.waiting, then.waiting, data, "entitlement.waiting"
        )
        self.out_of_area = self._kinds(
            blocks.OutOfAreaForm,
            OutOfAreaTerm.Kind.choices,
            content.out_of_area,
            then.out_of_area,
            data,
            "out_of_area",
        )
        self.contributions = self._kinds(
            blocks.ContributionForm,
            Employment.choices,
            content.contribution_rates,
            then.contribution_rates,
            data,
            "contribution_rates",
        )
        self.standards = self._set(
            blocks.StandardFormSet,
            "day_surgery_standards",
            data,
            content.day_surgery_standards,
            then.day_surgery_standards,
            lambda row: row.disease,
            "day_surgery_standards.{0.disease}",
        )
        self.provisions = self._set(
            blocks.ProvisionFormSet,
            "provisions",
            data,
            content.provisions,
            then.provisions,
            lambda row: (row.topic, row.text),
        )

    def _kinds(self, form, labels, found, base, data, place) -> list:
        return blocks.kind_forms(
            form, labels, found, base, data=data, prefix=place, context=self.context, place=place
        )

    def _accounts(self, data, then) -> None:
        self.credits = self._set(
            accounts.CreditFormSet,
            "account_credits",
            data,
            self.content.account_credits,
            then.account_credits,
            accounts.credit_key,
        )
        lines = accounts.use_lines(self.content.account_uses)
        self.uses = self._set(
            accounts.UseFormSet,
            "account_uses",
            data,
            lines,
            accounts.use_lines(then.account_uses),
            lambda line: line.key,
        )
        first = 1
        for form, line in zip(self.uses.forms, lines, strict=False):
            form.place = f"account_uses[{first}]"
            form.places += [f"account_uses[{number}]" for number in range(first, first + len(line.rows))]
            first += len(line.rows)

    # --- what was sent --------------------------------------------------------------------------------

    def _parts(self) -> list:
        sets = (self.tiers, self.limits, self.factors, self.bands, self.standards, self.provisions)
        kinds = (*self.waiting, *self.out_of_area, *self.contributions)
        return [
            self.head,
            *self.benefits,
            self.critical,
            self.entitlement,
            *kinds,
            *sets,
            self.credits,
            self.uses,
        ]

    def is_valid(self) -> bool:
        """Whether everything that was sent can be stored; every fault stands beside its field."""
        valid = all([part.is_valid() for part in self._parts()])  # noqa: C419 (all of them are to be checked)
        return valid and self._hangs_together()

    def _hangs_together(self) -> bool:
        """What no form can see alone: nothing is said twice."""
        self._once(self.tiers, "code")
        self._once(self.factors, "ordinal_from")
        self._once(self.bands, "above")
        self._once(self.standards, "disease")
        for benefit in self.benefits:
            self._once(benefit.diseases, "disease")
        seen = set()
        for form in self.uses.kept():
            for row in form.make().rows:
                key = (row.relation, row.status, row.purpose, row.place)
                if key in seen:
                    form.add_error(
                        "purposes", _("Another line says this too, for the same members and place.")
                    )
                    break
                seen.add(key)
        return not any(form.errors for form in self.forms() if form.is_bound)

    @staticmethod
    def _once(found: RowFormSet, name: str) -> None:
        seen = set()
        for form in found.kept():
            value = form.cleaned_data[name]
            if value in seen:
                form.add_error(name, _("This is there already."))
            seen.add(value)

    def made(self) -> rows.VersionRows:
        """The draft as it was sent. Call it only where all is valid."""
        tiers = self.tiers.kept()
        codes = {form: form.cleaned_data["code"] for form in tiers}
        critical = self.critical.make()
        if critical is not None:
            critical.bands = self.bands.made()
        return rows.canonical(
            replace(
                self.content,
                **self.head.cleaned_data,
                tiers=[form.make() for form in tiers],
                benefits=[made for form in self.benefits if (made := form.made(codes)) is not None],
                limits=self.limits.made(),
                admission_factors=self.factors.made(),
                critical_illness=critical,
                entitlement=self.entitlement.make(),
                waiting=_said(self.waiting),
                out_of_area=_said(self.out_of_area),
                account_credits=self.credits.made(),
                account_uses=[row for line in self.uses.made() for row in line.rows],
                contribution_rates=_said(self.contributions),
                day_surgery_standards=self.standards.made(),
                provisions=self.provisions.made(),
            )
        )

    # --- what the page shows --------------------------------------------------------------------------

    def forms(self) -> Iterable[forms.Form]:
        """Every form."""
        yield self.head
        for part in self._parts()[1:]:
            found = part.forms if isinstance(part, RowFormSet) else [part]
            for form in found:
                yield form
                yield from _inside(form)

    def errors(self) -> int:
        """How many faults there are."""
        return sum(len(form.errors) for form in self.forms() if form.is_bound) if self.checked else 0

    def place(self, remarks: Iterable) -> list:
        """Puts remarks (gaps, findings, comments: whatever has a `place`) beside their rows; returns the others."""
        left = []
        for remark in remarks:
            form = self.row_at(remark.place)
            if form is None:
                left.append(remark)
            elif remark not in form.remarks:
                form.remarks.append(remark)
        return left

    def row_at(self, place: str):
        """The form of the row at a place; None where the page has none."""
        return self._placed.find(place)

    @cached_property
    def _placed(self) -> Placed:
        return Placed(
            (place, form) for form in self.forms() for place in getattr(form, "places", ()) if place
        )

    def pools(self) -> list[str]:
        """Names of pools that are in use, and those that have a name for people."""
        used = {row.pool for row in self.content.limits} | {
            row.deductible_pool for row in self.content.benefits
        }
        return sorted({*used, *POOLS} - {""})

    def waiting_names(self) -> list[str]:
        """What figures of this draft wait for, and the register's documents."""
        return sorted({*rows_waiting(self.content), *self.documents})


def _said(found: Iterable) -> list:
    return [made for form in found if (made := form.make()) is not None]


def _inside(form) -> Iterable[forms.Form]:
    """The forms that are parts of a form."""
    if isinstance(form, BenefitForm):
        yield from form.situations
        yield from form.conditions.forms
        yield from form.diseases.forms
        yield from form.matrix.cells if form.matrix else ()
    elif isinstance(form, blocks.TierForm):
        yield from form.conditions.forms


def rows_waiting(content: rows.VersionRows) -> set[str]:
    """The names of what figures of a version wait for."""
    names = ("waits_for", "deductible_waits_for", "rate_waits_for")
    found = {getattr(row, name, "") for _place, row in content.lines() for name in names}
    return found - {""}


def _with_room(data) -> MultiValueDict:
    """What was sent, with one more row in the set that `add` names; a row that is new has no parts yet."""
    data = data.copy()
    name = f"{data.get(ADD, '')}-TOTAL_FORMS"
    if data.get(name, "").isdigit():
        data[name] = str(int(data[name]) + 1)
    for number in range(int(data["tiers-TOTAL_FORMS"]) if data.get("tiers-TOTAL_FORMS", "").isdigit() else 0):
        prefix = f"tiers-{number}-conditions"
        data.setdefault(f"{prefix}-TOTAL_FORMS", "1")
        data.setdefault(f"{prefix}-INITIAL_FORMS", "0")
    return data
