"""Rows written as text for COPY arrive as they are."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.store.copy_text import copy_text

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
AT = datetime(2023, 3, 2, 1, 2, 3, 4, tzinfo=UTC)

# What a text column may hold: anything but NUL and lone surrogates.
_texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8
) | st.sampled_from(["", "\\", "\\N", "\\.", "a\tb", "a\nb", "a\rb", '"', "药"])
_rows = st.lists(
    st.tuples(
        _texts,
        st.integers(-(2**63), 2**63 - 1),
        _texts | st.none(),
        st.integers(0, 3) | st.none(),
        st.booleans(),
        st.booleans() | st.none(),
        st.uuids(),
        st.uuids() | st.none(),
        st.dates(),
        st.dates() | st.none(),
        st.datetimes(timezones=st.just(UTC)),
    ),
    max_size=4,
)


def test_a_row_is_a_line():
    assert copy_text([("A1", 2, None, True, ID), ("A2", 3, None, False, ID)], ending=("f", None, AT)) == (
        f"A1\t2\t\\N\tt\t{ID.hex}\tf\t\\N\t2023-03-02 01:02:03.000004+00:00\n"
        f"A2\t3\t\\N\tf\t{ID.hex}\tf\t\\N\t2023-03-02 01:02:03.000004+00:00\n"
    )


def test_no_rows_are_no_lines():
    assert copy_text([], ending=("f",)) == ""


def test_nothing_in_a_text_ends_its_column_or_row():
    assert copy_text([("a\tb\\", "c\nd\r")], ending=("\\N",)) == "a\\tb\\\\\tc\\nd\\r\t\\\\N\n"


@pytest.mark.postgres
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_rows)
def test_postgresql_reads_what_was_written(db, rows):
    ending = ("\\x\t", None, True, 7, date(2023, 3, 1), AT)
    kinds = (
        "text,bigint,text,int,bool,bool,uuid,uuid,date,date,timestamptz,text,int,bool,int,date,timestamptz"
    )
    columns = ", ".join(f"c{place} {kind}" for place, kind in enumerate(kinds.split(",")))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE copied (place serial, {columns})")
        names = ", ".join(f"c{place}" for place in range(len(kinds.split(","))))
        with cursor.copy(f"COPY copied ({names}) FROM STDIN") as copy:
            copy.write(copy_text(rows, ending=ending))
        cursor.execute(f"SELECT {names} FROM copied ORDER BY place")
        found = cursor.fetchall()
        cursor.execute("DROP TABLE copied")
    assert found == [(*row, *ending) for row in rows]
