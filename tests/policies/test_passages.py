"""Clauses lead to their sentences: the project's own texts, cut at their numbering."""

import pytest

from policies import library
from policies.clauses import clause_order
from policies.passages import cited, passages

TEXT = """某市文件
一、总则
（一）目标
1. 甲
续甲
2．乙
（二）范围
二、办法
第三条 丙
2022. 年不是条款
"""


def said(clause: str) -> list[str]:
    found = passages(TEXT)
    return [found[number].text for number in cited(found, clause)]


@pytest.mark.parametrize(
    ("clause", "lines"),
    [
        ("一(一)1", ["1. 甲", "续甲"]),
        ("一(一)", ["（一）目标", "1. 甲", "续甲", "2．乙"]),
        ("一(一)1–2", ["1. 甲", "续甲"]),
        ("一(二)", ["（二）范围"]),
        ("一(二)4", ["（二）范围"]),
        ("二", ["二、办法"]),
        ("第三条", ["第三条 丙", "2022. 年不是条款"]),
        ("九", []),
        ("", []),
    ],
)
def test_a_clause_is_found_with_what_stands_under_it_or_the_nearest_above(clause, lines):
    assert said(clause) == lines


@pytest.mark.parametrize("path", library.version_files(), ids=lambda path: path.stem)
def test_every_clause_that_the_project_cites_is_marked_in_its_text_exactly(path):
    version = library.read_path(path)
    texts = {e.number: passages(e.text.read_text()) for e in library.read_register().documents if e.text}
    checked = 0
    for place, row in version.lines():
        found = texts.get(row.document or version.document)
        if found is None or not row.clause:
            continue
        lines = cited(found, row.clause)
        assert lines, (place, row.clause)
        assert found[lines.start].path == clause_order(row.clause), (place, row.clause)
        checked += 1
    assert checked > 20
