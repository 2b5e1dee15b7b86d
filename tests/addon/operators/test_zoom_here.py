"""A place in a picture becomes a level, and the others stay where they are."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from running import UseWorker, latest

from devtools import bpy_session

FAR = 1e-4


def finding() -> Any:
    return bpy_session.submodule("scene.finding")


def zooms(bpy: Any) -> list[Any]:
    return [item for item in bpy.data.objects if finding().is_root(item) and item.users_scene]


def folder_shown(root: Any) -> Path:
    return finding().stack_of(root).folder


@pytest.fixture
def zoom(bpy: Any, settings: Any, use_worker: UseWorker) -> Any:
    """The root of a zoom that was generated; its scene is the active one."""
    return generated(bpy)


def generated(bpy: Any) -> Any:
    bpy.ops.zoom_stack.generate()
    bpy.context.window.scene = bpy.data.scenes[latest().generation.delivery.result.scene_name]
    (root,) = zooms(bpy)
    return root


@pytest.fixture
def loop(bpy: Any, settings: Any, use_worker: UseWorker) -> Any:
    settings.loop = True
    return generated(bpy)


def listed(bpy: Any) -> Any:
    return bpy.context.scene.zoom_stack


def prompts(bpy: Any) -> str:
    return ", ".join(level.prompt for level in listed(bpy).levels)


def names(bpy: Any) -> list[str]:
    return [level.uid for level in listed(bpy).levels]


def place(bpy: Any, way: Sequence[int]) -> Any:
    """Where the last of these levels lies, by the list."""
    placed = bpy_session.submodule("settings.zooming_in").placed_levels(listed(bpy))
    return bpy_session.submodule("engine.contract.geometry").place_along(placed[n] for n in way)


def test_a_deeper_level_comes_into_the_zoom(bpy: Any, zoom: Any) -> None:
    before, ids = folder_shown(zoom), names(bpy)
    bpy.ops.zoom_stack.zoom_here(
        level=2, focus=(0.3, 0.6), zoom_factor=4.0, prompt="a coast", generate_now=True
    )
    assert zooms(bpy) == [zoom]
    assert folder_shown(zoom) == latest().generation.out != before
    octaves = finding().octaves_of(zoom)
    assert octaves == pytest.approx([0.0, 1.0, 2.0, 4.0], abs=1e-4)
    stack = finding().stack_of(zoom)
    assert stack.levels[3].prompt == "a coast"
    assert stack.levels[3].focus == pytest.approx((0.3, 0.6), abs=1e-5)
    kept = [level.keep and Path(level.keep.image) for level in latest().generation.job.levels]
    assert kept == [*(before / f"level_0{number}.png" for number in range(3)), None]
    assert [level.keep for level in listed(bpy).levels] == [True, True, True, False]
    assert listed(bpy).active_level == 3
    assert names(bpy)[:3] == ids
    assert len(set(names(bpy))) == 4
    assert latest().generation.delivery._title == "Zoom into Here"


def test_a_level_between_two_leaves_both_where_they_are(bpy: Any, zoom: Any) -> None:
    listed(bpy).levels[1].focus = (0.4, 0.55)
    bpy.ops.zoom_stack.generate()
    where, octaves = place(bpy, [1, 2]), finding().octaves_of(zoom)
    bpy.ops.zoom_stack.zoom_here(
        level=0, focus=(0.45, 0.5), zoom_factor=1.5, prompt="a nebula", generate_now=True
    )
    assert prompts(bpy) == "a spiral galaxy, a nebula, a star field, a planet"
    assert place(bpy, [1]) == pytest.approx((0.45, 0.5, 1 / 1.5), abs=FAR)
    assert place(bpy, [1, 2, 3]) == pytest.approx(where, abs=FAR)
    after = finding().octaves_of(zoom)
    assert [after[0], *after[2:]] == pytest.approx(octaves, abs=1e-4)
    assert after[1] == pytest.approx(math.log2(1.5), abs=1e-4)
    assert [level.keep for level in listed(bpy).levels] == [True, False, True, True]
    assert listed(bpy).active_level == 1
    assert not latest().generation.error


def test_what_lies_elsewhere_leaves_only_where_that_is_wanted(bpy: Any, zoom: Any) -> None:
    there = {"level": 0, "focus": (0.2, 0.2), "zoom_factor": 4.0, "prompt": "a comet"}
    with pytest.raises(RuntimeError, match="Levels 2 and 3 lie elsewhere: turn"):
        bpy.ops.zoom_stack.zoom_here(**there)
    assert len(listed(bpy).levels) == 3
    bpy.ops.zoom_stack.zoom_here(**there, replace_deeper=True, generate_now=True)
    assert prompts(bpy) == "a spiral galaxy, a comet"
    assert finding().octaves_of(zoom) == pytest.approx([0.0, 2.0], abs=1e-5)


def test_nearly_the_same_place_is_refused(bpy: Any, zoom: Any) -> None:
    with pytest.raises(RuntimeError, match="Level 2 is there already: leave more room around it"):
        bpy.ops.zoom_stack.zoom_here(level=0, zoom_factor=1.995, prompt="a nebula")
    with pytest.raises(RuntimeError, match="partly outside"):
        bpy.ops.zoom_stack.zoom_here(level=2, focus=(0.1, 0.5), prompt="a nebula")
    with pytest.raises(RuntimeError, match="the levels 0 to 2"):
        bpy.ops.zoom_stack.zoom_here(level=3, prompt="a nebula")
    assert len(listed(bpy).levels) == 3


def test_a_loop_takes_a_level_in_but_none_out(bpy: Any, loop: Any) -> None:
    where = place(bpy, [1, 2, 0])
    bpy.ops.zoom_stack.zoom_here(
        level=2, focus=(0.55, 0.5), zoom_factor=1.4, prompt="a coast", generate_now=True
    )
    assert prompts(bpy) == "a spiral galaxy, a star field, a planet, a coast"
    assert place(bpy, [1, 2, 3, 0]) == pytest.approx(where, abs=FAR)
    assert latest().generation.job.loop
    with pytest.raises(RuntimeError, match="A loop goes on through level 1: draw the rectangle"):
        bpy.ops.zoom_stack.zoom_here(
            level=3, focus=(0.1, 0.1), zoom_factor=8.0, prompt="a", replace_deeper=True
        )


@pytest.mark.parametrize("state", ["empty", "another zoom's", "without ids"])
def test_the_zooms_levels_come_into_the_list_first(bpy: Any, zoom: Any, state: str) -> None:
    keys = bpy_session.submodule("scene.keys")
    settings = listed(bpy)
    if state == "empty":
        settings.levels.clear()
    elif state == "another zoom's":
        settings.levels.clear()
        settings.levels.add().prompt = "a leaf"
        settings.uid = "another"
    else:
        settings.uid = ""
        del zoom[keys.ID]
    bpy.ops.zoom_stack.zoom_here(level=2, zoom_factor=3.0, prompt="a coast", generate_now=True)
    assert prompts(bpy) == "a spiral galaxy, a star field, a planet, a coast"
    assert settings.uid == zoom[keys.ID]
    assert zooms(bpy) == [zoom]
    assert len(finding().octaves_of(zoom)) == 4


def test_missing_files_are_named_and_the_list_stays(bpy: Any, zoom: Any) -> None:
    settings = listed(bpy)
    settings.levels.clear()
    settings.levels.add().prompt = "a leaf"
    settings.uid = ""
    shutil.rmtree(folder_shown(zoom))
    with pytest.raises(RuntimeError, match=r"The picture of level 1, level_00\.png, is not in"):
        bpy.ops.zoom_stack.zoom_here(level=2, prompt="a coast")
    assert prompts(bpy) == "a leaf"


def test_without_generating_the_level_waits_in_the_list(bpy: Any, zoom: Any) -> None:
    shown, run = folder_shown(zoom), latest().generation
    assert bpy.ops.zoom_stack.zoom_here(level=2, prompt="a coast") == {"FINISHED"}
    assert bpy.ops.zoom_stack.zoom_here(level=3, generate_now=True) == {"FINISHED"}  # no prompt
    assert len(listed(bpy).levels) == 5
    assert (folder_shown(zoom), latest().generation) == (shown, run)
    ids = names(bpy)
    assert all(ids)
    listed(bpy).levels[4].prompt = "a leaf"
    bpy.ops.zoom_stack.generate()
    assert names(bpy) == ids
    assert finding().level_names(zoom) == dict(enumerate(ids))


def test_what_hinders_generating_leaves_the_level_in_the_list(
    bpy: Any, zoom: Any, prefs: Any
) -> None:
    prefs.remote_command = "ssh nowhere zoomstack"  # it cannot have kept pictures
    here = bpy.ops.zoom_stack.zoom_here(level=2, prompt="a coast", generate_now=True)
    assert here == {"FINISHED"}
    assert len(listed(bpy).levels) == 4


def test_without_a_zoom_there_is_nothing_to_zoom_into(bpy: Any, settings: Any) -> None:
    with pytest.raises(RuntimeError, match="There is no zoom in this scene"):
        bpy.ops.zoom_stack.zoom_here(prompt="a coast")
    with pytest.raises(RuntimeError, match="There is no zoom in this scene"):
        bpy.ops.zoom_stack.drag_focus(level=1)


def test_of_two_copies_none_is_changed(bpy: Any, zoom: Any) -> None:
    bpy.ops.scene.new(type="FULL_COPY")
    with pytest.raises(RuntimeError, match="more than once"):
        bpy.ops.zoom_stack.zoom_here(level=2, prompt="a coast")


def test_the_focus_of_a_level_moves(bpy: Any, zoom: Any) -> None:
    assert bpy.ops.zoom_stack.drag_focus(level=1, focus=(0.3, 0.6)) == {"FINISHED"}
    assert listed(bpy).active_level == 1
    assert place(bpy, [1]) == pytest.approx((0.3, 0.6, 0.5), abs=1e-6)
    for level, message in ((0, "Level 1 is the widest"), (3, "the levels 0 to 2")):
        with pytest.raises(RuntimeError, match=message):
            bpy.ops.zoom_stack.drag_focus(level=level)
    with pytest.raises(RuntimeError, match="partly outside"):
        bpy.ops.zoom_stack.drag_focus(level=1, focus=(0.1, 0.6))
    bpy.ops.zoom_stack.generate()
    assert finding().stack_of(zoom).levels[1].focus == pytest.approx((0.3, 0.6), abs=1e-6)


@pytest.mark.parametrize(
    ("kept", "moved", "left"),
    [
        ([True, True, True], 1, [True, False, False]),
        ([True, True, True], 2, [True, True, False]),
        ([True, False, True], 1, [True, False, False]),
        ([True, False, True], 2, [True, False, False]),
        ([False, True, True], 1, [False, True, True]),
        ([True, False, False], 1, [True, False, False]),
    ],
)
def test_what_a_moved_focus_makes_untrue_is_unlocked(
    bpy: Any, zoom: Any, kept: list[bool], moved: int, left: list[bool]
) -> None:
    levels = listed(bpy).levels
    for level, keep in zip(levels, kept, strict=True):
        level.keep = keep
    bpy.ops.zoom_stack.drag_focus(level=moved, focus=(0.4, 0.4))
    assert [level.keep for level in levels] == left
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}


@pytest.mark.parametrize(
    ("kept", "moved", "left"),
    [
        ([True, True, True], 1, [True, False, True]),
        ([True, True, True], 2, [True, True, False]),
        ([True, False, True], 1, [True, False, True]),
        ([True, False, True], 2, [True, False, False]),
        ([False, True, True], 1, [False, True, True]),
    ],
)
@pytest.mark.parametrize("switched_on", ["before", "by the operator"])
def test_where_wider_levels_follow_only_the_moved_one_is_unlocked(
    bpy: Any, zoom: Any, kept: list[bool], moved: int, left: list[bool], switched_on: str
) -> None:
    levels = listed(bpy).levels
    for level, keep in zip(levels, kept, strict=True):
        level.keep = keep
    listed(bpy).wider_follow = switched_on == "before"
    given = {} if switched_on == "before" else {"wider_follow": True}
    bpy.ops.zoom_stack.drag_focus(level=moved, focus=(0.4, 0.4), **given)
    assert [level.keep for level in levels] == left
    assert listed(bpy).wider_follow
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}


def test_a_wider_level_without_a_prompt_cannot_follow(bpy: Any, zoom: Any) -> None:
    levels = listed(bpy).levels
    for level in levels:
        level.keep = True
    levels[0].prompt = ""
    bpy.ops.zoom_stack.drag_focus(level=1, focus=(0.4, 0.4), wider_follow=True)
    assert [level.keep for level in levels] == [True, False, False]
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_in_a_loop_that_follows_only_the_moved_level_is_unlocked(
    bpy: Any, loop: Any, moved: int
) -> None:
    levels = listed(bpy).levels
    for level in levels:
        level.keep = True
    bpy.ops.zoom_stack.drag_focus(level=moved, focus=(0.45, 0.45), wider_follow=True)
    assert [level.keep for level in levels] == [number != moved for number in range(3)]
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}


def test_which_levels_are_made_again_is_said_in_words(bpy: Any) -> None:
    zooming_in = bpy_session.submodule("settings.zooming_in")
    assert [
        zooming_in.made_again_text(levels) for levels in ([], [3], [2, 4], [2, 3, 4], [0, 2, 4])
    ] == [
        "Every finished picture stays",
        "Level 4 is made again",
        "Levels 3 and 5 are made again",
        "Levels 3 to 5 are made again",
        "Levels 1, 3 and 5 are made again",
    ]


def test_the_dialogs_button_says_what_it_does() -> None:
    zooming_in = bpy_session.submodule("settings.zooming_in")
    geometry = bpy_session.submodule("engine.contract.geometry")
    placed = [geometry.Placement(2.0, (0.5, 0.5))] * 6
    for parent, place, deed in (
        (3, (0.2, 0.2, 0.2), "Replace Levels 5 and 6"),
        (2, (0.2, 0.2, 0.2), "Replace Levels 4 to 6"),
        (5, (0.5, 0.5, 0.4), "Add Level 7"),
        (0, (0.5, 0.5, 0.7), "Add Level 2"),
    ):
        plan = zooming_in.plan_level(placed, False, parent, geometry.Place(*place))
        assert (plan.deed(), plan.problem) == (deed, "")


def test_the_dialog_tells_what_the_model_does_not_know(bpy: Any, zoom: Any) -> None:
    zoom_here = bpy_session.submodule("operators.zoom_here")
    zooming_in = bpy_session.submodule("settings.zooming_in")
    settings = listed(bpy)
    of_level = bpy_session.submodule("panels.levels")._not_understood
    settings.model = "bundled"
    for parent, place in ((2, (0.5, 0.5, 0.4)), (0, (0.2, 0.2, 0.2)), (0, (0.5, 0.5, 0.7))):
        plan = zooming_in.plan_level(
            zooming_in.placed_levels(settings),
            False,
            parent,
            bpy_session.submodule("engine.contract.geometry").Place(*place),
        )
        told = zoom_here.not_understood_of(bpy.context, plan, "a zeppelin")
        assert "names what the model can draw; it draws" in told
        assert zoom_here.not_understood_of(bpy.context, plan, "a star field") == ""
        bpy.ops.ed.undo_push(message="before")
        zooming_in.add_level(settings, plan, "a zeppelin")
        assert of_level(settings, parent + 1) == told
        while len(settings.levels) > 3:
            settings.levels.remove(parent + 1)
        while len(settings.levels) < 3:
            settings.levels.add().prompt = "a planet"


def test_in_a_loop_every_level_is_unlocked(bpy: Any, loop: Any) -> None:
    levels = listed(bpy).levels
    levels[0].keep = levels[2].keep = True
    bpy.ops.zoom_stack.drag_focus(level=0, focus=(0.4, 0.4))
    assert not any(level.keep for level in levels)
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}


def test_the_focus_of_another_zooms_levels_is_not_dragged(bpy: Any, zoom: Any) -> None:
    listed(bpy).uid = "another"
    with pytest.raises(RuntimeError, match="The list has other levels than this zoom"):
        bpy.ops.zoom_stack.drag_focus(level=1)


def test_an_added_level_has_its_id_at_once(bpy: Any, zoom: Any) -> None:
    ids = names(bpy)
    listed(bpy).active_level = 0
    bpy.ops.zoom_stack.level_add()
    listed(bpy).levels[1].prompt = "a nebula"
    after = names(bpy)
    assert [after[0], *after[2:]] == ids
    assert after[1]
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.zoom_stack.generate()
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    assert names(bpy) == after
