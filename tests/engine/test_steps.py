"""Every step can be read, in both languages, with its figures by name."""

import re

import pytest

from claims.engine.case import Case
from claims.engine.steps import EN, FIGURES, SENTENCES, ZH, readable, sentence, word
from tests.engine.build import CHANGCHUN, MEMBER, case, run, terms

SAMPLES = {"fen": 12_345, "rate": 7_000, "count": 3, "word": "ordinary", "text": "文"}


@pytest.mark.parametrize("rule", FIGURES)
@pytest.mark.parametrize("language", [ZH, EN])
def test_a_sentence_names_only_figures_that_its_step_has(rule, language):
    named = set(re.findall(r"{(\w+)}", SENTENCES[rule][language]))
    assert named <= {name for name, _ in FIGURES[rule]}
    step = (rule, None, *(SAMPLES[unit] for _, unit in FIGURES[rule]))
    text = sentence(step, terms(), language)
    assert text
    assert "{" not in text


def test_sentences_and_figures_name_the_same_rules():
    assert set(SENTENCES) == set(FIGURES)


def test_a_step_shows_its_clause_figures_and_text():
    step = next(s for s in run(case(1000)).steps if s[0] == "rate")
    assert readable(step, terms(), EN) == {
        "rule": "rate",
        "text": "Above the deductible, 200.00 yuan: the pooled fund pays 60%, 120.00 yuan.",
        "figures": {"base": "200.00", "rate": "0.60", "result": "120.00"},
        "document": "烟政办发〔2022〕17号",
        "clause": "二(一)2",
        "basis": "text",
        "note": "",
    }


def test_a_step_without_a_clause_says_none():
    found = readable(run(case(1000)).steps[-1], terms(), ZH)
    assert (found["document"], found["clause"], found["text"]) == (None, None, "个人现金支付 880.00 元。")


def test_a_sentence_groups_thousands_and_begins_with_a_capital():
    step = ("fund_limit", None, "ordinary", "year", 180_000, 175_000, 12_345_678, 5_000)
    assert sentence(step, terms(), EN) == (
        "Ordinary outpatient payment limit of the year: 1,800.00 yuan, 1,750.00 paid before; "
        "of 123,456.78 due, 50.00 is paid."
    )


def test_a_tier_is_shown_by_name():
    step = next(s for s in run(case(1000)).steps if s[0] == "tier")
    assert sentence(step, terms(), ZH) == "机构档次：二级。"
    assert sentence(step, terms(), EN) == "The institution's tier is Level 2."
    assert sentence(("tier", None, "gone"), terms(), EN) == "The institution's tier is gone."


def test_an_empty_remark_leaves_no_brackets():
    assert sentence(("no_fund_payment", None, "no_prescription", ""), terms(), ZH).endswith("没有外配处方。")


def test_a_word_without_a_translation_is_itself():
    assert word("E11", ZH) == "E11"


def test_a_case_survives_its_stored_form():
    import msgspec

    given = case(city=CHANGCHUN, member=MEMBER)
    assert msgspec.json.decode(msgspec.json.encode(given), type=Case) == given
