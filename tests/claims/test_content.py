"""The stored text of a claim: canonical, also from release to release."""

from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from claims.content import Content, ContentLine, decode, encode

_TEXT = st.text(alphabet='a,"[]nulfse', max_size=12)
_CONTENTS = st.builds(
    Content,
    member_number=_TEXT,
    benefit=_TEXT,
    service_date=st.none() | st.just(date(2023, 3, 1)),
    lines=st.just((ContentLine("A1", "", 10_000, 100, 1),)),
    disease=_TEXT,
    use_account=st.booleans(),
    disposition=_TEXT,
    statement=st.booleans(),
    lists=st.lists(_TEXT, max_size=2).map(tuple),
    total=st.none() | st.integers(0, 9),
)


@given(_CONTENTS)
def test_is_read_as_it_was_written(content):
    assert decode(encode(content)) == content


@given(_CONTENTS)
def test_says_nothing_at_its_end_that_a_reader_without_it_would_not_know(content):
    fields = [field for field in msgspec.structs.fields(Content) if not field.required]
    told = msgspec.json.decode(encode(content))
    given = dict(zip([field.name for field in msgspec.structs.fields(Content)], told, strict=False))
    written = [field for field in fields if field.name in given]
    assert not written or given[written[-1].name] != msgspec.to_builtins(written[-1].default)


def test_stays_the_same_when_a_field_is_added_later():
    class Later(Content):
        """The next release's."""

        ward: str = ""

    content = Content("N1", "ordinary", date(2023, 3, 1), (), use_account=True)
    assert encode(content) == '["N1","ordinary","2023-03-01",[],null,null,"","none","",true]'
    later = msgspec.json.decode(encode(content), type=Later)
    assert later.ward == ""
