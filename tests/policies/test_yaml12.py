from decimal import Decimal

import pytest

from policies import yaml12


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("NO", "NO"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("2022-07-01", "2022-07-01"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("12", 12),
        ("-3", -3),
        ("007", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("0.70", Decimal("0.70")),
        (".5", Decimal("0.5")),
        ("1e2", Decimal("100")),
        ("E70.0", "E70.0"),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("<<", "<<"),
        ("[1, [a, {b: 2.50}]]", [1, ["a", {"b": Decimal("2.50")}]]),
        ("- &x {a: 1}\n- *x", [{"a": 1}, {"a": 1}]),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_values_follow_the_core_schema(text, value):
    found = yaml12.load(text)
    assert found == value
    assert type(found) is type(value)


def test_a_decimal_keeps_its_digits():
    assert str(yaml12.load("0.1000")) == "0.1000"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb: 2\na: 3", "line 3, column 1: the key 'a' stands twice"),
        ("a: [", "line 2, column 1"),
        ("a: !!python/object:os.system x", "the tag tag:yaml.org,2002:python/object:os.system is not known"),
        ("a: !!timestamp 2022-07-01", "is not known here"),
        ("- &a [*a]", "nothing complete is called &a"),
        ("*nobody", "nobody"),
        ("[" * 100_000, "nest"),  # our own depth, or the parser's where it has a smaller one
        ("? [a]\n: b", "a key must be a plain value"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document begins"),
        ("x: .inf", "that can be kept exactly"),
        ("x: 1e999999999", "that can be kept exactly"),
        ("x: 0.1234567890123456789012345", "that can be kept exactly"),
        ("x: " + "9" * 5000, "that can be kept exactly"),
        ("\x00", "not allowed"),
        (b"\xff\xfe\xfa", "UTF-16"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_place(text, fault):
    with pytest.raises(yaml12.YamlError) as caught:
        yaml12.load(text)
    assert fault in str(caught.value)


def test_all_double_keys_are_named_at_once():
    with pytest.raises(yaml12.YamlError) as caught:
        yaml12.load("a: {x: 1, x: 2}\nb: {y: 1, y: 2}")
    assert len(caught.value.faults) == 2
