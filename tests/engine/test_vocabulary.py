"""People are told which words of a prompt a small model does not understand."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.vocabulary import Vocabulary, not_understood, problem_of, read_vocabulary
from engine.models.if_folder import TOKENS, unread_ends
from engine.reporting import TerminalReporter
from engine.requests import GenerateRequest, run_generate
from tests.doubles.analytic_engine import WORDS, AnalyticModel
from tests.engine.test_generation import Recorder
from training.sample import PROMPTS

ROOT = Path(__file__).parents[2]
NAMING = frozenset({"galaxy", "leaf", "leaves"})
SMALL = Vocabulary(("galaxy", "leaf"), NAMING | {"blue", "spiral"}, NAMING)
NOTHING = "nothing in this prompt names what the model can draw"


@pytest.mark.parametrize(
    ("prompt", "problem"),
    [
        ("A blue spiral Galaxy", ""),
        ("galaxies", ""),
        ("", ""),
        ("the galaxy's 8k spiral", ""),
        ("a blue whale's leaf, a Whale!", "the model does not know “whale”."),
        (
            "leaf aa bb cc dd ee ff gg",
            "the model does not know “aa”, “bb”, “cc”, “dd”, “ee”, “ff” and others.",
        ),
        (f"a leaf {'x' * 30}", f"the model does not know “{'x' * 24}…”."),
        ("a leaf आकाशगंगा", "the model does not know “आकाशगंगा”."),
        ("ein Wald", NOTHING),
        ("森林", NOTHING),
        ("a photo of the", NOTHING),
        ("12345 !!!", NOTHING),
        ("🙂", NOTHING),
        ("blue", NOTHING),
    ],
)
def test_a_sentence_says_what_is_not_understood(prompt: str, problem: str) -> None:
    assert problem_of(SMALL, prompt).startswith(problem) and bool(
        problem_of(SMALL, prompt)
    ) == bool(problem)


@pytest.mark.parametrize(
    ("prompt", "known"),
    [
        ("A blue Galaxy, spiral", "A blue Galaxy, spiral"),
        ("a breathtaking ultra-wide blue leaf, 35mm 12345 🙂", "a blue leaf,"),
        ("“leaf”, a photo of a whale", "leaf a photo of a"),
        ("galaxy—leaf; the galaxy’s leaves", "galaxy leaf the galaxy's leaves"),
        ("leaf,whale/galaxy", "leaf, galaxy"),
        ("a leaf-whale", "a leaf"),
        ("a photo of the", ""),
        ("ein Wald im Herbst", ""),
        ("森林", ""),
    ],
)
def test_the_model_gets_what_it_knows(prompt: str, known: str) -> None:
    assert SMALL.known_part(prompt) == known


def test_a_prompt_says_whether_its_picture_holds_another() -> None:
    told = replace(SMALL, holding="+")
    assert told.read("a + blue galaxy", holds=True) == "+ a blue galaxy"
    assert told.read("a + blue galaxy", holds=False) == "a blue galaxy"
    assert told.read("", holds=True) == "+"
    assert SMALL.read("a blue galaxy", holds=True) == "a blue galaxy"


def test_levels_are_named() -> None:
    sentences = not_understood(SMALL, ["a galaxy", "a blue whale"])
    assert sentences == [f"Level 2: {NOTHING}, so it chooses by itself."]


def test_the_list_is_read_from_the_models_folder(tmp_path: Path) -> None:
    assert read_vocabulary(tmp_path / "none") is None
    data = {"version": 1, "subjects": ["leaf"], "words": ["leaf", "the"]}
    (tmp_path / "words.json").write_text(json.dumps(data), encoding="utf-8")
    leaf = frozenset({"leaf"})
    assert read_vocabulary(tmp_path) == Vocabulary(("leaf",), leaf, leaf)
    data = {**data, "words": ["leaf", "the", "red"], "naming": ["leaf", "the"], "holding": "+"}
    (tmp_path / "other").mkdir()
    (tmp_path / "other/words.json").write_text(json.dumps(data), encoding="utf-8")
    assert read_vocabulary(tmp_path / "other") == Vocabulary(("leaf",), leaf | {"red"}, leaf, "+")


@pytest.mark.parametrize("text", ["[]", '{"version": 1}', '{"version": 1, "subjects": [1]}'])
def test_a_broken_list_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text(text, encoding="utf-8")
    with pytest.raises(ZoomStackError, match=r"words\.json"):
        read_vocabulary(tmp_path)


def bundled() -> Vocabulary:
    vocabulary = read_vocabulary(ROOT / "engine/models/bundled")
    assert vocabulary is not None
    return vocabulary


def test_the_bundled_model_knows_the_words_of_every_preset() -> None:
    assert len(bundled().subjects) >= 24
    presets = list((ROOT / "presets").glob("*.json"))
    assert len(presets) >= 6
    for file in [*presets, ROOT / "devtools/demo_job.json"]:
        prompts = [level["prompt"] for level in json.loads(file.read_text())["levels"]]
        assert not_understood(bundled(), prompts) == [], file.name


def test_every_subject_of_the_bundled_model_is_a_prompt_that_it_knows() -> None:
    assert not_understood(bundled(), bundled().subjects) == []
    assert not_understood(bundled(), list(PROMPTS.values())) == []


@pytest.mark.parametrize(
    "prompt",
    ["a lovely quiet day", "8k, highly detailed", "red", "from above", "view of the night"],
)
def test_words_that_name_nothing_are_not_taken_for_a_subject(prompt: str) -> None:
    assert problem_of(bundled(), prompt).startswith(NOTHING)


@pytest.mark.parametrize(
    "prompt", ["the moon's craters, bird's eye view", "a red leaf, 8k", "autumn leaves"]
)
def test_usual_phrases_are_known(prompt: str) -> None:
    assert problem_of(bundled(), prompt) == ""


LONG = "a blue spiral galaxy with many stars " * 20


def test_where_a_long_prompt_ends_is_said_by_the_shipped_tokenizer() -> None:
    ends = unread_ends(ROOT / "engine/models/bundled", ["a leaf", "", LONG])
    assert ends[:2] == ["", ""]
    read = LONG.split()[: -len(ends[2].split())]
    tokenizer = AutoTokenizer.from_pretrained(ROOT / "engine/models/bundled/tokenizer")
    assert LONG.split() == [*read, *ends[2].split()]
    assert len(tokenizer(" ".join(read)).input_ids) <= TOKENS
    one_more = [*read, ends[2].split()[0]]
    assert len(tokenizer(" ".join(one_more)).input_ids) > TOKENS


def texts_of(recorder: Recorder, code: str) -> list[str]:
    return [message["text"] for message in recorder.of("warning") if message["code"] == code]


def run(model: AnalyticModel, levels: tuple[LevelSpec, ...], out: Path) -> Recorder:
    recorder = Recorder()
    job = Job(levels, sampler=SamplerSettings(steps=1))
    run_generate(GenerateRequest(job, out, device="cpu"), recorder, lambda: False, lambda *_: model)
    return recorder


def test_a_run_warns_of_words_that_are_not_known(tmp_path: Path) -> None:
    class Small(AnalyticModel):
        vocabulary = SMALL

    recorder = run(Small(), (LevelSpec("a blue leaf with a whale"),), tmp_path / "out")
    assert texts_of(recorder, "unknown_words") == ["Level 1: the model does not know “whale”."]


def test_a_run_warns_of_words_to_avoid_that_are_not_known(tmp_path: Path) -> None:
    class Small(AnalyticModel):
        vocabulary = SMALL

    recorder = run(Small(), (LevelSpec("a leaf", "people, blue"),), tmp_path / "out")
    assert texts_of(recorder, "unknown_words") == [
        "Level 1: of what to avoid the model does not know “people”."
    ]


def test_a_run_warns_of_long_prompts(tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(WORDS)]
    short, long = " ".join(words), " ".join([*words, "and", "seven", "words", "more", "than", "it"])
    levels = (LevelSpec(short), LevelSpec(long), LevelSpec("a", negative_prompt=long))
    texts = texts_of(run(AnalyticModel(), levels, tmp_path / "out"), "long_prompt")
    assert texts == [
        "Level 2: the prompt is longer than the model can read; it is left out from "
        "“and seven words more” on.",
        "Level 3: what to avoid is longer than the model can read; it is left out from "
        "“and seven words more” on.",
    ]


def test_a_terminal_says_what_the_model_can_draw(capsys: pytest.CaptureFixture[str]) -> None:
    TerminalReporter(sys.stdout).known_subjects(SMALL.subjects)
    assert capsys.readouterr().err == "The model can draw: galaxy, leaf.\n"
