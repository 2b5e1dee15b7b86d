"""Names of a zoom and its levels, which decide no pixel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract.ids import Ids, parse_ids
from engine.contract.job_parser import parse_job
from engine.contract.stack import parse_stack, read_stack, write_stack

IDS = Ids("z1", ("a", "b"))
LEVELS = [{"prompt": "a galaxy"}, {"prompt": "a leaf"}]


def test_a_job_hands_them_on() -> None:
    job = parse_job({"version": 1, "levels": LEVELS, "ids": IDS.to_dict()})
    assert job.ids == IDS
    assert parse_job(json.loads(json.dumps(job.to_dict()))) == job
    assert parse_job({"version": 1, "levels": LEVELS}).ids is None


def test_a_stack_keeps_them(tmp_path: Path) -> None:
    for name in ("0.png", "1.png"):
        (tmp_path / name).write_bytes(b"")
    levels = [{"image": "0.png"}, {"image": "1.png"}]
    stack = parse_stack({"version": 1, "levels": levels, "ids": IDS.to_dict()}, tmp_path)
    write_stack(stack)
    assert read_stack(tmp_path).ids == IDS
    write_stack(parse_stack({"version": 1, "levels": levels}, tmp_path))
    assert "ids" not in json.loads((tmp_path / "stack.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "value",
    [
        None, [], "z", {}, {"zoom": "z"}, {"zoom": "z", "levels": ["a"]},
        {"zoom": 1, "levels": "ab"},
        {"zoom": "z", "levels": ["a", "a"]}, {"zoom": "../z", "levels": ["a", "b"]},
        {"zoom": "z", "levels": ["a", ""]}, {"zoom": "z" * 65, "levels": ["a", "b"]},
        {"zoom": "z", "levels": ["a", ["b"]]},
    ],
)  # fmt: skip
def test_what_does_not_fit_names_nothing(value: object) -> None:
    assert parse_ids(value, 2) is None
