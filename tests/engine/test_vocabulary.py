"""People are told which words of a prompt a small model does not understand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.vocabulary import Vocabulary, not_understood, problem_of, read_vocabulary
from engine.requests import GenerateRequest, run_generate
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.test_generation import Recorder

SMALL = Vocabulary(("galaxy", "leaf"), frozenset({"galaxy", "leaf", "blue", "leaves", "spiral"}))


@pytest.mark.parametrize(
    ("prompt", "problem"),
    [
        ("A blue spiral Galaxy", ""),
        ("galaxies", ""),
        ("", ""),
        ("a blue whale, a Whale!", "the model does not know “whale”."),
        ("blue b c d e f g h", "the model does not know “b”, “c”, “d”, “e”, “f”, “g” and others."),
        ("ein Wald", "the model knows no word of this prompt"),
        ("森林", "the model knows no word of this prompt"),
        ("a photo of the", "the model knows no word of this prompt"),
        ("12345 !!!", "the model knows no word of this prompt"),
    ],
)
def test_a_sentence_says_what_is_not_understood(prompt: str, problem: str) -> None:
    assert problem_of(SMALL, prompt).startswith(problem) and bool(
        problem_of(SMALL, prompt)
    ) == bool(problem)


def test_levels_are_named() -> None:
    sentences = not_understood(SMALL, ["a galaxy", "a blue whale"])
    assert sentences == ["Level 2: the model does not know “whale”."]


def test_the_list_is_read_from_the_models_folder(tmp_path: Path) -> None:
    assert read_vocabulary(tmp_path / "none") is None
    data = {"version": 1, "subjects": ["leaf"], "words": ["leaf", "the"]}
    (tmp_path / "words.json").write_text(json.dumps(data), encoding="utf-8")
    assert read_vocabulary(tmp_path) == Vocabulary(("leaf",), frozenset({"leaf"}))


@pytest.mark.parametrize("text", ["[]", '{"version": 1}', '{"version": 1, "subjects": [1]}'])
def test_a_broken_list_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text(text, encoding="utf-8")
    with pytest.raises(ZoomStackError, match=r"words\.json"):
        read_vocabulary(tmp_path)


def test_the_bundled_model_knows_the_words_of_every_preset() -> None:
    root = Path(__file__).parents[2]
    vocabulary = read_vocabulary(root / "engine/models/bundled")
    assert vocabulary is not None and len(vocabulary.subjects) >= 18
    for file in [*(root / "presets").glob("*.json"), root / "devtools/demo_job.json"]:
        prompts = [level["prompt"] for level in json.loads(file.read_text())["levels"]]
        assert not_understood(vocabulary, prompts) == [], file.name


def test_a_run_warns(tmp_path: Path) -> None:
    class Small(AnalyticModel):
        vocabulary = SMALL

    recorder = Recorder()
    job = Job((LevelSpec("a blue whale"),), sampler=SamplerSettings(steps=1))
    request = GenerateRequest(job, tmp_path / "out", device="cpu")
    run_generate(request, recorder, lambda: False, lambda *_: Small())
    texts = [m["text"] for m in recorder.of("warning") if m["code"] == "unknown_words"]
    assert texts == ["Level 1: the model does not know “whale”."]
