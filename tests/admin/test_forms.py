"""Yuan and percent in, integers kept, and back, exactly."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from policies.clauses import LAST, clause_order
from policies.figures import percent_text, price_text, quantity_text, yuan_short, yuan_text
from policies.forms import NamesField, PercentField, PriceField, SignedYuanField, YuanField


@given(st.integers(0, 10**12 - 1))
def test_yuan_come_back_as_they_were(fen):
    field = YuanField()
    assert field.clean(field.prepare_value(fen)) == fen


@given(st.integers(0, 10_000))
def test_percent_come_back_as_they_were(rate):
    field = PercentField()
    assert field.clean(field.prepare_value(rate)) == rate


@given(st.integers(0, 10**12))
def test_prices_come_back_as_they_were(value):
    field = PriceField()
    assert field.clean(field.prepare_value(value)) == value


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (YuanField(), "1,800", 180000),
        (YuanField(), " 16.5 ", 1650),
        (PercentField(), "6.3%", 630),
        (PercentField(), "100", 10000),
        (PriceField(), "0.0325", 325),
        (SignedYuanField(), "-12.30", -1230),
        (SignedYuanField(), "−1,000", -100000),
    ],
)
def test_what_people_type_is_read_exactly(field, text, value):
    assert field.clean(text) == value


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (YuanField(), "1.005"),
        (YuanField(), "-1"),
        (YuanField(), "1e3"),
        (YuanField(), "1,80"),
        (YuanField(), "１２"),
        (PercentField(), "100.01"),
        (PercentField(), "6.333"),
        (SignedYuanField(), "--1"),
    ],
)
def test_what_cannot_be_kept_exactly_is_refused(field, text):
    with pytest.raises(ValidationError):
        field.clean(text)


def test_an_empty_figure_is_not_set_and_no_zero():
    assert YuanField(required=False).clean("") is None
    assert PercentField(required=False).clean("") is None


def test_a_figure_that_stays_is_no_change():
    assert not YuanField().has_changed(180000, "1,800.00")
    assert YuanField().has_changed(180000, "1,800.01")


def test_names_are_one_a_line():
    assert NamesField().clean(" 甲医院 \n\n乙医院") == ["甲医院", "乙医院"]


def test_figures_are_told_with_separators_and_a_true_minus():
    assert (yuan_text(-123456), yuan_short(180000)) == ("−1,234.56", "1,800")
    assert (percent_text(630), price_text(165000), quantity_text(15000)) == ("6.3%", "16.50", "1.5")


@pytest.mark.parametrize(
    ("clause", "order"),
    [
        ("二(一)2", (2, 1, 2)),
        ("第二十二条", (22,)),
        ("三(五)–(七)", (3, 5)),
        ("第十条", (10,)),
        ("", LAST),
    ],
)
def test_clauses_are_ordered_as_the_documents_number_them(clause, order):
    assert clause_order(clause) == order
