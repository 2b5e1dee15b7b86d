"""The documents' tables of options say what the declarations say."""

from __future__ import annotations

import json
import re

import pytest

from devtools.option_tables import DOCUMENT, MODELS_DOCUMENT, with_families, with_options
from engine.contract.job_parser import parse_job


def test_the_document_has_the_declared_options() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == with_options(text), "python dev.py format brings it up to date"


def test_the_document_has_the_families() -> None:
    text = MODELS_DOCUMENT.read_text(encoding="utf-8")
    assert text == with_families(text), "python dev.py format brings it up to date"


def test_a_changed_row_is_noticed() -> None:
    text = DOCUMENT.read_text(encoding="utf-8").replace("1 to 1000 or null", "1 to 999 or null")
    assert text != with_options(text)


def test_a_document_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places for options of a job"):
        with_options("nothing")


def test_the_complete_job_is_the_short_one_with_its_defaults() -> None:
    blocks = re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    short, complete = (json.loads(block) for block in blocks[:2])
    assert parse_job(short) == parse_job(complete)
