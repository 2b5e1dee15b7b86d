"""A part of the recorded fuzzing of docs/reliability.md: every parser, the first inputs."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.contract.errors import ZoomStackError
from tests.faults.engine_side import parsers
from tests.faults.fuzzing import HANG_SECONDS, Watch, fuzz
from tests.faults.kills import kill_many
from tests.faults.parser import Parser

INPUTS = 150  # for each: 2,000 in all
PARSERS = parsers()


@pytest.mark.parametrize("name", PARSERS)
def test_hostile_inputs_end_in_an_answer_or_a_sentence(name: str, tmp_path: Path) -> None:
    counts = fuzz(name, PARSERS[name], INPUTS, 1, tmp_path / "inputs", ZoomStackError)
    assert counts.inputs == INPUTS
    assert counts.faults() == 0, "\n".join(counts.examples)


@pytest.mark.parametrize("name", PARSERS)
def test_the_inputs_come_from_sound_ones(name: str, tmp_path: Path) -> None:
    """At least one: a parser that refuses everything would be tested at its door alone."""
    parser = PARSERS[name]
    answers = 0
    for number, seed in enumerate(parser.seeds):
        content = seed if isinstance(seed, bytes) else json.dumps(seed).encode()
        own = tmp_path / str(number)
        own.mkdir()
        with contextlib.suppress(ZoomStackError, *parser.refuses):
            parser.read(content, own)
            answers += 1
    assert answers


@pytest.mark.slow
def test_killed_runs_go_on_to_the_bytes_of_an_unbroken_one(tmp_path: Path) -> None:
    kills = kill_many(10, 1, tmp_path)
    assert kills.kills == 10
    assert kills.faults() == 0, "\n".join(kills.examples)
    assert kills.last < 3.0


def test_the_fuzzer_sees_what_it_looks_for(tmp_path: Path) -> None:
    """Each fault once, by a parser that has it."""

    def counted(read: object) -> list[int]:
        parser = Parser([{"a": 1}], read)  # type: ignore[arg-type]
        counts = fuzz("bad", parser, 1, 1, tmp_path / "inputs", ZoomStackError)
        return [counts.tracebacks, counts.hangs, counts.escapes, counts.bad_sentences]

    def sentence(_content: bytes, _folder: Path) -> None:
        raise ZoomStackError("bad", "two\nlines.")

    def slow(_content: bytes, _folder: Path) -> None:
        time.sleep(HANG_SECONDS + 0.1)

    assert counted(lambda content, folder: 1 / 0) == [1, 0, 0, 0]
    assert counted(slow) == [0, 1, 0, 0]
    assert counted(lambda content, folder: (tmp_path / "x").write_text("x")) == [0, 0, 1, 0]
    assert counted(lambda content, folder: open("/etc/hostname").close()) == [0, 0, 1, 0]
    assert counted(lambda content, folder: subprocess.run([sys.executable, "-V"])) == [0, 0, 1, 0]
    assert counted(sentence) == [0, 0, 0, 1]
    assert counted(lambda content, folder: (folder / "x").write_text("x")) == [0, 0, 0, 0]
    assert Watch(()).escapes == []
