"""People are told which words of a prompt a small model does not understand."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from devtools.paths import REPO
from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, Keep, LevelSpec, Pin, SamplerSettings
from engine.contract.vocabulary import Vocabulary, not_understood, read_vocabulary
from engine.models.if_folder import TOKENS, unread_ends
from engine.models.prompting import known_part, texts_for
from engine.run.reporting import TerminalReporter
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.doubles.analytic_engine import WORDS, AnalyticModel
from tests.engine.recorder import Recorder

NAMING = {"galaxy": "galaxy", "leaf": "leaf", "leaves": "leaf"}
SMALL = Vocabulary(("galaxy", "leaf"), frozenset({*NAMING, "blue", "spiral"}), NAMING)
NOTHING = "nothing in this prompt names what the model can draw; it draws “{}”."
GALAXY = NOTHING.format("galaxy")


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
        ("ein Wald", GALAXY),
        ("森林", GALAXY),
        ("a photo of the", GALAXY),
        ("12345 !!!", GALAXY),
        ("🙂", GALAXY),
        ("blue", GALAXY),
    ],
)
def test_a_sentence_says_what_is_not_understood(prompt: str, problem: str) -> None:
    assert not_understood(SMALL, [prompt]) == [problem]


@pytest.mark.parametrize(
    ("prompt", "known"),
    [
        ("A blue Galaxy, spiral", "A blue Galaxy, spiral"),
        ("a breathtaking ultra-wide blue leaf, 35mm 12345 🙂", "a blue leaf"),
        ("“leaf”, a photo of a whale", "leaf a photo of a"),
        ("galaxy—leaf; the galaxy’s leaves", "galaxy leaf the galaxy's leaves"),
        ("leaf,whale/galaxy", "leaf, galaxy"),
        ("a leaf-whale", "a leaf"),
        ("a whale-leaf, blue", "a leaf, blue"),
        ("a blue-leaf - spiral", "a blue-leaf spiral"),
        ("a photo of the", ""),
        ("ein Wald im Herbst", ""),
        ("森林", ""),
    ],
)
def test_the_model_gets_what_it_knows(prompt: str, known: str) -> None:
    assert known_part(SMALL, prompt) == known


def test_a_prompt_says_what_its_picture_holds() -> None:
    galaxy = "a + blue galaxy"
    prompts, avoided = [galaxy, "blue leaf", "", galaxy], ["whale, blue", "", "", "blue"]
    taught = replace(SMALL, holding={"leaf": "+leaf", "galaxy": "+g"})
    assert texts_for(taught, prompts, avoided, [True, True, True, False]) == (
        ["+leaf a blue galaxy", "blue leaf", "+g", "a blue galaxy"],
        ["+leaf blue", "", "+g", "blue"],
    )
    loop = texts_for(taught, prompts, avoided, [True] * 4)
    assert (loop[0][3], loop[1][3]) == ("+g a blue galaxy", "+g blue")
    some = replace(SMALL, holding={"galaxy": "+g"})
    assert texts_for(some, prompts, avoided, [True] * 4)[0][0] == "a blue galaxy", (
        "leaves not taught"
    )
    plain = ["a blue galaxy", "blue leaf", "", "a blue galaxy"]
    assert texts_for(SMALL, prompts, avoided, [True] * 4) == (plain, ["blue", "", "", "blue"])


WORDS_OF_SCALE = (
    *("nought", "one", "two", "three", "four", "five"),
    *("six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
)
SCALES = Vocabulary(
    tuple(WORDS_OF_SCALE),
    frozenset({*WORDS_OF_SCALE, "red"}),
    {each: each for each in WORDS_OF_SCALE},
)


@pytest.mark.parametrize(
    ("prompts", "drawn"),
    [
        (["ten", "eins", "null", "four", "two"], "eight six"),
        (["森林", "eins", "red"], "nought six twelve"),
        (["eins"], "six"),
        (["eins", "zwei", "six"], "nought three"),
        (["eight", "eins", "zwei"], "ten twelve"),
        (["eins", "three", "", "two"], "nought"),
    ],
)
def test_a_prompt_that_names_nothing_becomes_a_scale_that_fits(
    prompts: list[str], drawn: str
) -> None:
    subjects = SCALES.stand_ins(prompts)
    assert " ".join(filter(None, subjects)) == drawn
    told, _ = texts_for(SCALES, prompts, [""] * len(prompts), [False] * len(prompts))
    for prompt, subject, text in zip(prompts, subjects, told, strict=True):
        assert text == (
            f"{subject}, {known_part(SCALES, prompt)}".strip(", ") if subject else prompt
        )


def test_a_prompt_names_a_subject_by_its_name_or_by_most_words() -> None:
    words = {"pair": "two", "couple": "two", "triple": "three", "threes": "four"}
    known = SCALES.words | words.keys() | {"couples"}
    scales = replace(SCALES, words=known, naming={**SCALES.naming, **words})
    assert scales.subject_of("a triple of a pair, a couple") == "two"
    assert scales.subject_of("a triple, a pair") == "three"
    assert scales.subject_of("a pair, a couple or a three") == "three"
    assert scales.subject_of("threes") == "four"
    assert scales.subject_of("twos") == "two"
    assert scales.subject_of("couples") is None, "a word that is known for something else"
    assert replace(SCALES, subjects=("two", "two tens")).subject_of("two red tens") == "two tens"


def test_the_list_is_read_from_the_models_folder(tmp_path: Path) -> None:
    assert read_vocabulary(tmp_path) is None
    data = {
        "version": 1,
        "subjects": ["leaf"],
        "words": ["leaf", "the", "red"],
        "naming": {"leaf": "leaf", "the": "leaf", "tree": "leaf"},
    }
    found = Vocabulary(("leaf",), frozenset({"leaf", "red"}), {"leaf": "leaf"})
    for more in ({}, {"holding": {"leaf": "+leaf"}}):
        folder = tmp_path / str(len(more))
        folder.mkdir()
        (folder / "words.json").write_text(json.dumps({**data, **more}), encoding="utf-8")
        assert read_vocabulary(folder) == replace(found, **more)


LEAF = '"version": 1, "subjects": ["leaf"], "words": ["leaf"]'


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"version": 1}',
        '{"version": 1, "subjects": [1]}',
        f"{{{LEAF}}}",
        f'{{{LEAF}, "naming": ["leaf"]}}',
        f'{{{LEAF}, "naming": {{"leaf": "tree"}}}}',
        f'{{{LEAF}, "naming": {{}}, "holding": "+"}}',
        f'{{{LEAF}, "naming": {{}}, "holding": {{"leaf": 1}}}}',
        f'{{{LEAF}, "naming": {{}}, "holding": {{"tree": "+tree"}}}}',
        '{"version": 1, "subjects": [], "words": [], "naming": {}}',
    ],
)
def test_a_broken_list_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text(text, encoding="utf-8")
    with pytest.raises(ZoomStackError, match=r"words\.json"):
        read_vocabulary(tmp_path)


def bundled() -> Vocabulary:
    vocabulary = read_vocabulary(REPO / "engine/models/bundled")
    assert vocabulary is not None
    return vocabulary


def test_the_bundled_model_knows_the_words_of_every_preset() -> None:
    assert len(bundled().subjects) >= 24
    presets = list((REPO / "presets").glob("*.json"))
    assert len(presets) >= 6
    for file in presets:
        prompts = [level["prompt"] for level in json.loads(file.read_text())["levels"]]
        assert not any(not_understood(bundled(), prompts)), file.name


def test_every_subject_of_the_bundled_model_is_a_prompt_that_it_knows() -> None:
    assert not any(not_understood(bundled(), bundled().subjects))


@pytest.mark.parametrize(
    "prompt",
    ["a lovely quiet day", "8k, highly detailed", "red", "from above", "view of the night"],
)
def test_words_that_name_nothing_are_not_taken_for_a_subject(prompt: str) -> None:
    assert not_understood(bundled(), [prompt]) == [NOTHING.format("city")]


def test_what_the_documentation_lists_is_understood() -> None:
    text = (REPO / "docs/bundled_model.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (an? .+?|[a-z ]+?) \| (.+?) \| .+ \|$", text, re.MULTILINE)
    rows = [row for row in rows if bundled().subject_of(row[0])]
    assert {bundled().subject_of(first) for first, _ in rows} == set(bundled().subjects)
    for first, others in rows:
        seen = {each: bundled().subject_of(each) for each in others.split(", ")}
        assert seen == dict.fromkeys(seen, bundled().subject_of(first))


def test_phrases_name_what_their_words_do_not() -> None:
    scales = replace(SCALES, naming={**SCALES.naming, "two red": "nine"})
    assert scales.subject_of("a ten of two red two") == "nine"
    assert scales.subject_of("red two") == "two"


@pytest.mark.parametrize("prompt", ["die Stadt", "une ville, seen from orbit", "depth of field"])
def test_other_languages_do_not_name_subjects_by_chance(prompt: str) -> None:
    assert bundled().subject_of(prompt) is None


@pytest.mark.parametrize(
    "prompt", ["the moon's craters, bird's eye view", "a red leaf, 8k", "autumn leaves"]
)
def test_usual_phrases_are_known(prompt: str) -> None:
    assert not_understood(bundled(), [prompt]) == [""]


LONG = "a blue spiral galaxy with many stars " * 20


def test_where_a_long_prompt_ends_is_said_by_the_shipped_tokenizer() -> None:
    ends = unread_ends(REPO / "engine/models/bundled", ["a leaf", "", LONG])
    assert ends[:2] == ["", ""]
    read = LONG.split()[: -len(ends[2].split())]
    tokenizer = AutoTokenizer.from_pretrained(REPO / "engine/models/bundled/tokenizer")
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


@pytest.mark.parametrize("loop", [False, True])
def test_a_run_gives_the_model_what_it_says(tmp_path: Path, loop: bool) -> None:
    """Completed prompts, without what is not known, and what each level holds."""
    given: list[object] = []

    class Small(AnalyticModel):
        vocabulary = replace(SCALES, holding={each: f"+{each}" for each in SCALES.subjects})

        def condition(self, prompts, negative, guidance):
            given.extend((prompts, negative))
            return super().condition(prompts, negative, guidance)

    levels = (LevelSpec("a red four"), LevelSpec("zwei, red"), LevelSpec("a ten, zehn", "red, rot"))
    levels = (replace(levels[0], zoom_factor=2.0), *levels[1:])
    recorder = Recorder()
    job = Job(levels, sampler=SamplerSettings(steps=1), loop=loop)
    request = GenerateRequest(job, tmp_path / "out", device="cpu")
    run_generate(request, recorder, lambda: False, lambda *_: Small())
    mark = "+four " if loop else ""
    assert given == [
        ["+seven a red four", "+ten seven, red", f"{mark}a ten"],
        ["+seven", "+ten", f"{mark}red"],
    ]
    assert texts_of(recorder, "unknown_words") == [
        f"Level 2: {NOTHING.format('seven')}",
        "Level 3: the model does not know “zehn”.",
    ]
    assert texts_of(recorder, "unknown_avoided") == [
        "Level 3: of what to avoid the model does not know “rot”.",
    ]


def test_of_a_kept_level_nothing_is_told(tmp_path: Path) -> None:
    class Small(AnalyticModel):
        vocabulary = SCALES

    before = run(Small(), (LevelSpec("zwei"), LevelSpec("drei")), tmp_path / "before")
    assert len(texts_of(before, "unknown_words")) == 2
    keep = Keep(str(tmp_path / "before/level_00.png"))
    levels = (LevelSpec("zwei", keep=keep), LevelSpec("drei"))
    after = run(Small(), levels, tmp_path / "after")
    assert texts_of(after, "unknown_words") == [f"Level 2: {NOTHING.format('twelve')}"]


@pytest.mark.parametrize(("prompt", "mark"), [("zwei", ""), ("a six", "+six ")])
@pytest.mark.parametrize("how", ["kept", "pinned"])
def test_the_level_around_a_given_picture_is_told_what_that_is(
    tmp_path: Path, how: str, prompt: str, mark: str
) -> None:
    """And not what would have been drawn in its place."""
    given: list[list[str]] = []

    class Small(AnalyticModel):
        vocabulary = replace(SCALES, holding={each: f"+{each}" for each in SCALES.subjects})

        def condition(self, prompts, negative, guidance):
            given.append(list(prompts))
            return super().condition(prompts, negative, guidance)

    levels = (LevelSpec("two"), LevelSpec(prompt), LevelSpec("ten"))
    run(Small(), levels, tmp_path / "before")
    picture = str(tmp_path / "before/level_01.png")
    inside = LevelSpec(
        prompt,
        keep=Keep(picture) if how == "kept" else None,
        pin=Pin(picture) if how == "pinned" else None,
    )
    given.clear()
    run(Small(), (levels[0], inside, levels[2]), tmp_path / "after")
    assert given == [[f"{mark}two", "ten"]]


def test_a_run_warns_of_words_that_are_not_known(tmp_path: Path) -> None:
    class Small(AnalyticModel):
        vocabulary = SMALL

    recorder = run(Small(), (LevelSpec("a blue leaf with a whale"),), tmp_path / "out")
    assert texts_of(recorder, "unknown_words") == ["Level 1: the model does not know “whale”."]


def test_a_run_warns_of_words_to_avoid_that_are_not_known(tmp_path: Path) -> None:
    class Small(AnalyticModel):
        vocabulary = SMALL

    recorder = run(Small(), (LevelSpec("a leaf", "people, blue"),), tmp_path / "out")
    assert texts_of(recorder, "unknown_avoided") == [
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
