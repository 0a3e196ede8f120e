"""Chinese first, English complete: no text of ours without its Chinese, and the compiled file as new as its source."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import trans_real
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
CATALOG = ROOT / "templates/locale/zh_Hans/LC_MESSAGES"
HINT = "manage.py makemessages -l zh_Hans --no-location, translate in django.po, manage.py compilemessages"
CALLS = {
    "_",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "npgettext",
}
_TEXT = r"u?(?:'''.*?'''|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_TEMPLATE_CALL = re.compile(rf"\b(n?p?gettext)\(((?:{_TEXT}\s*,?\s*)+)", re.S)


def catalog() -> gettext.GNUTranslations:
    with (CATALOG / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def messages_of(name: str, texts: list[str]) -> list[str]:
    """The keys of a call in a catalog: context and message, singular first."""
    if "p" in name.replace("gettext", "") and len(texts) > 1:
        return [f"{texts[0]}\x04{texts[1]}"]
    return texts[:1]


def in_python(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if texts:
                yield from messages_of(node.func.id, texts)


def in_template(path: Path):
    for name, arguments in _TEMPLATE_CALL.findall(templatize(path.read_text())):
        texts = ast.literal_eval(f"({arguments.rstrip().rstrip(',')},)")
        yield from messages_of(name, [text for text in texts if isinstance(text, str)])


def ours():
    for app in ("policies", "members", "claims", "config"):
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, in_python(path)
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield path, in_template(path)


def known(messages: gettext.GNUTranslations, key: str) -> bool:
    catalog = messages._catalog
    return bool(catalog.get(key) or catalog.get((key, 0)))


def test_every_text_of_ours_has_its_chinese():
    messages = catalog()
    missing = sorted(
        {(path.name, key) for path, keys in ours() for key in keys if key and not known(messages, key)}
    )
    assert missing == [], HINT


def test_the_library_pages_that_ours_stand_on_are_chinese_too():
    import unfold

    folder = Path(unfold.__file__).parent / "templates"
    # Texts of Django's own admin come with Django's Chinese.
    loaded = trans_real.translation("zh-hans")._catalog
    missing = set()
    for path in folder.rglob("*.html"):
        for key in in_template(path):
            plain = key.split("\x04")[-1]
            if plain and not (key in loaded or (key, 0) in loaded or (key, 1) in loaded):
                missing.add(key)
    assert sorted(missing) == []


def test_the_compiled_file_says_what_its_source_says():
    source = read_po((CATALOG / "django.po").read_text())
    compiled = {key: value for key, value in catalog()._catalog.items() if key}
    flat = {(key[0] if isinstance(key, tuple) else key): value for key, value in compiled.items()}
    assert flat == source, HINT


def test_placeholders_are_the_same_in_both_languages():
    placeholder = re.compile(r"%\([a-z_]+\)s|%s|\{[a-z_]*\}")
    for key, value in read_po((CATALOG / "django.po").read_text()).items():
        text = key.split("\x04")[-1]
        assert set(placeholder.findall(text)) == set(placeholder.findall(value)), key


def read_po(text: str) -> dict[str, str]:
    """Messages of a catalog's source: singular (with its context before it) to the first translation."""
    found = {}
    for block in text.split("\n\n"):
        fields: dict[str, str] = {}
        name = None
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            keyword = re.match(r"(msgctxt|msgid_plural|msgid|msgstr(?:\[0\])?) ", line)
            if keyword:
                name = keyword.group(1)
                fields[name] = ast.literal_eval(line[keyword.end() :])
            elif line.startswith('"') and name:
                fields[name] += ast.literal_eval(line)
        if fields.get("msgid"):
            context = f"{fields['msgctxt']}\x04" if "msgctxt" in fields else ""
            found[context + fields["msgid"]] = fields.get("msgstr", fields.get("msgstr[0]", ""))
    return found


@pytest.mark.parametrize("text", ['msgid "a"\nmsgstr "b"\n', 'msgctxt "c"\nmsgid "a"\nmsgstr[0] "b"\n'])
def test_the_reader_of_sources_reads(text):
    assert list(read_po(text).values()) == ["b"]
