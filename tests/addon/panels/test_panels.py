"""What panels say."""

from __future__ import annotations

from typing import Any

from devtools import bpy_session


def test_the_report_is_for_people(bpy: Any) -> None:
    engine = bpy_session.submodule("panels.preferences")
    gpu = {"name": "cuda", "label": "NVIDIA L4 (CUDA)", "memory_total": 24 * 2**30}
    report = {
        "python": {"version": "3.11.7", "executable": "/e/python"},
        "torch": "2.13.0",
        "devices": [gpu],
        "device": "cuda",
        "models": [{"name": "bundled", "kind": "model"}],
    }
    assert engine.report_lines(report) == [
        "Python 3.11.7 (/e/python)",
        "torch 2.13.0",
        "cuda: NVIDIA L4 (CUDA), 24 GB, used",
        "Models: bundled",
    ]
    assert engine.report_lines({})[1] == "torch is missing"


def test_texts_are_for_people(bpy: Any) -> None:
    texts = bpy_session.submodule("blender.texts")
    assert [texts.magnification_text(octaves) for octaves in (0, 1.5, 8, 10, 20, 14, 3000)] == [
        "1×",
        "2.83×",
        "256×",
        "1024×",
        "10⁶×",
        "1.6·10⁴×",
        "1.2·10⁹⁰³×",
    ]
    assert [texts.duration_text(s) for s in (3.2, 75, 7260)] == ["3 s", "1 min 15 s", "2 h 01 min"]


def test_a_path_is_broken_after_a_slash(bpy: Any) -> None:
    wrapped = bpy_session.submodule("panels.parts").wrapped
    text = "The disk of /home/artist/.config/blender is full."
    assert wrapped(text, 16) == ["The disk of", "/home/artist/", ".config/blender", "is full."]
    assert wrapped("nvidia-cuda-runtime-cu12", 16) == ["nvidia-cuda-", "runtime-cu12"]
    assert wrapped("No word for 1\N{NO-BREAK SPACE}min", 14) == [
        "No word for",
        "1\N{NO-BREAK SPACE}min",
    ]
    assert wrapped("x" * 20, 16) == ["x" * 16, "x" * 4]


def test_what_the_model_does_not_understand_is_told_where_a_prompt_decides(bpy: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    settings.model = "bundled"
    settings.levels.clear()
    for prompt in ("a forest", "海岸", "a red leaf with a whale"):
        settings.levels.add().prompt = prompt
    middle = settings.levels[1]

    def told() -> list[str]:
        of_level = bpy_session.submodule("panels.levels")._not_understood
        return [of_level(settings, index) for index in range(3)]

    instead = "nothing in this prompt names what the model can draw; it draws “bark”."
    unknown = "the model does not know “whale”."
    assert told() == ["", instead, unknown]
    middle.pin_image = "//photo.png"
    assert told() == ["", "", unknown]
    middle.pin_image = ""
    middle.prompt = "a leaf"
    assert told() == ["", "", unknown]


def test_generate_names_the_levels_that_it_makes_where_there_is_room(bpy: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    settings.levels.clear()
    for number in range(8):
        level = settings.levels.add()
        level.prompt, level.made = "a leaf", f"//level_{number:02d}.png"

    def told(*new: int) -> str:
        for number, level in enumerate(settings.levels):
            level.keep = number not in new
        return bpy_session.submodule("panels.generate")._button_text(settings)

    assert told(3) == "Generate Level 4"
    assert told(2, 4) == "Generate Levels 3 and 5"
    assert told(2, 3, 4) == "Generate Levels 3 to 5"
    assert told(0, 2, 4, 6) == "Generate 4 of 8 Levels"
    assert told(*range(8)) == told() == "Generate"
