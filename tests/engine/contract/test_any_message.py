"""Properties of the pipe, for any message that the table has and for any line at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine.contract import fields
from engine.contract.errors import ZoomStackError
from engine.contract.message_table import INSTALLER, MESSAGES
from engine.contract.messages import decode, encode

EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True)
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=20,
)


@singledispatch
def values_of(field: fields.Field) -> some.SearchStrategy[Any]:
    """Any value that a field takes as it is."""
    raise AssertionError(field)


@values_of.register
def _(field: fields.Whole) -> some.SearchStrategy[Any]:
    return some.integers(field.low, field.high)


@values_of.register
def _(field: fields.Number) -> some.SearchStrategy[Any]:
    return some.floats(field.low, field.high, allow_nan=False) | some.integers(0, 1000)


@values_of.register
def _(field: fields.Text) -> some.SearchStrategy[Any]:
    printable = some.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp"))
    return some.text(printable, max_size=min(field.longest, 50))


@values_of.register
def _(field: fields.Word) -> some.SearchStrategy[Any]:
    if field.pattern is None:
        return some.text(some.characters(exclude_characters="\0"), max_size=field.longest)
    words = some.from_regex(field.pattern, fullmatch=True)
    return words.filter(lambda text: len(text) <= field.longest and "\0" not in text)


@values_of.register
def _(field: fields.OneOf) -> some.SearchStrategy[Any]:
    return some.sampled_from(field.choices)


@values_of.register
def _(_field: fields.Flag) -> some.SearchStrategy[Any]:
    return some.booleans()


@values_of.register
def _(field: fields.Maybe) -> some.SearchStrategy[Any]:
    return some.none() | values_of(field.kind)


@values_of.register
def _(field: fields.Items) -> some.SearchStrategy[Any]:
    return some.lists(values_of(field.kind), max_size=min(field.most, 3))


@values_of.register
def _(field: fields.Table) -> some.SearchStrategy[Any]:
    names = some.text(some.characters(categories=("L", "N")), max_size=9)
    return some.dictionaries(names, values_of(field.kind), max_size=min(field.most, 3))


@values_of.register
def _(field: fields.Pair) -> some.SearchStrategy[Any]:
    return some.tuples(values_of(field.kind), values_of(field.kind))


@values_of.register
def _(field: fields.Record) -> some.SearchStrategy[Any]:
    values = some.fixed_dictionaries(
        {name: values_of(kind) for name, kind in field.needed.items()},
        optional={name: values_of(kind) for name, kind in field.possible.items()},
    )
    return values.filter(lambda found: not field.also(found))


def as_lists(value: Any) -> Any:
    """JSON has no tuples."""
    if isinstance(value, Mapping):
        return {key: as_lists(each) for key, each in value.items()}
    return [as_lists(each) for each in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize(
    ("table", "kind"),
    [(table, kind) for table in (MESSAGES, INSTALLER) for kind in table],
    ids=lambda value: value if isinstance(value, str) else "",
)
@EXAMPLES
@given(data=some.data())
def test_what_the_table_allows_comes_through_unchanged(
    table: Mapping[str, fields.Record], kind: str, data: some.DataObject
) -> None:
    message = {"type": kind, **data.draw(values_of(table[kind]))}
    line = encode(message)
    assert line.count("\n") == 1
    assert as_lists(decode(line, table)) == as_lists(message)


@EXAMPLES
@given(value=JSON)
def test_any_json_is_a_message_nothing_or_one_sentence(value: Any) -> None:
    for kind in MESSAGES:
        for line in (json.dumps(value), json.dumps({"type": kind, "step": value, "text": value})):
            message = answer_to(line)
            if isinstance(message, ZoomStackError):
                assert message.code == "bad_message"
                assert message.text.endswith(".")
                assert "\n" not in message.text
            else:
                assert message is None or message["type"] in MESSAGES


def answer_to(line: str) -> Any:
    try:
        return decode(line)
    except ZoomStackError as error:
        return error


@EXAMPLES
@given(line=some.text())
def test_any_line_at_all_does_no_harm(line: str) -> None:
    assert decode(line) is None or line.lstrip().startswith("{")
