"""The buttons of things and of the read-out, as a person presses them."""

from __future__ import annotations

from typing import Any

import pytest

from devtools import bpy_session

KINDS = {
    "CUBE", "SPHERE", "MONKEY", "PLANE", "TEXT", "IMAGE", "EMPTY", "POINT", "SPOT", "AREA",
    "COLLECTION",
}  # fmt: skip


@pytest.fixture
def root(bpy: Any) -> Any:
    """The sample, in a scene of its own."""
    bpy.ops.zoom_stack.import_sample("EXEC_DEFAULT", target="NEW_SCENE")
    return bpy_session.submodule("scene.finding").shown_roots()[0]


def things(root: Any) -> list[tuple[int, str]]:
    found = bpy_session.submodule("scene.hanging").things_of(root)
    return [(number, thing.name) for number, thing in found]


def test_every_kind_is_added_to_a_level_and_selected(bpy: Any, root: Any) -> None:
    bpy.ops.zoom_stack.go_to_level(level=2)
    sources = {"IMAGE": bpy.data.images[0].name, "COLLECTION": "Collection", "TEXT": "A title"}
    for kind in sorted(KINDS):
        source = sources.get(kind, "")
        assert bpy.ops.zoom_stack.add_thing(kind=kind, level=3, source=source) == {"FINISHED"}
        thing = bpy.context.active_object
        assert bpy.context.selected_objects == [thing]
        assert ("visible_from" in thing) == (kind not in {"POINT", "SPOT", "AREA"}), kind
    assert {number for number, _ in things(root)} == {2}
    assert len(things(root)) == len(KINDS)
    homes = {bpy.data.objects[name].users_collection[0].name for _, name in things(root)}
    assert homes == {f"{root.name} Things"}


def test_what_is_selected_is_attached_to_the_level_in_view(bpy: Any, root: Any) -> None:
    assert not bpy.ops.zoom_stack.attach.poll()  # the camera alone is selected
    bpy.ops.zoom_stack.go_to_level(level=4)
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.active_object
    bpy.data.objects[root.name + " Camera"].select_set(True)
    for _ in range(2):
        assert bpy.ops.zoom_stack.attach(fade=True) == {"FINISHED"}
        assert things(root) == [(4, cube.name)]
    nodes = cube.active_material.node_tree.nodes
    assert sum(node.label == "Zoom Fade" for node in nodes) == 1
    bpy.ops.object.select_all(action="DESELECT")
    assert bpy.ops.zoom_stack.select_thing(thing=cube.name) == {"FINISHED"}
    assert bpy.context.selected_objects == [cube]
    assert bpy.ops.zoom_stack.drop_range() == {"FINISHED"}
    assert not cube.animation_data.drivers
    assert bpy.ops.zoom_stack.give_range() == {"FINISHED"}
    assert bpy.ops.zoom_stack.detach() == {"FINISHED"}
    assert things(root) == []
    with pytest.raises(RuntimeError, match="Cube hangs on no level of this zoom"):
        bpy.ops.zoom_stack.detach(thing="Cube")


def test_what_cannot_be_is_refused_in_one_sentence_and_leaves_nothing(bpy: Any, root: Any) -> None:
    before = len(bpy.data.objects)
    for wrong, reason in (
        ({"level": 9}, "This zoom has no level 9. Choose one of 1 to 8."),
        ({"kind": "IMAGE", "source": "x"}, "There is no image called x. Choose one of the file's"),
        ({"kind": "COLLECTION"}, "There is no collection. Choose one of the file's collections."),
    ):
        with pytest.raises(RuntimeError, match=reason):
            bpy.ops.zoom_stack.add_thing(**wrong)
    bpy.data.objects.remove(bpy.data.objects["Level 02"])
    with pytest.raises(RuntimeError, match="The Empty of level 2 was deleted"):
        bpy.ops.zoom_stack.add_thing(level=2)
    assert len(bpy.data.objects) == before - 1
    with pytest.raises(RuntimeError, match="would be empty"):
        bpy.ops.zoom_stack.add_read_out(prompt=False, magnification=False)


def test_a_linked_zoom_takes_nothing(bpy: Any, root: Any, tmp_path: Any) -> None:
    file = tmp_path / "zoom.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    name = root.users_collection[0].name
    bpy_session.load_factory_startup()
    with bpy.data.libraries.load(str(file), link=True) as (_, into):
        into.collections = [name]
    bpy.context.scene.collection.children.link(bpy.data.collections[name])
    for operator in ("attach", "add_thing", "detach", "add_read_out", "remove_read_out"):
        assert not getattr(bpy.ops.zoom_stack, operator).poll(), operator


def test_the_read_out_comes_changes_and_goes(bpy: Any, root: Any) -> None:
    assert not bpy.ops.zoom_stack.remove_read_out.poll()
    for corner in ("TOP_LEFT", "BOTTOM_RIGHT"):
        assert bpy.ops.zoom_stack.add_read_out(use_width=True, metres=1e21, corner=corner) == {
            "FINISHED"
        }
    module = bpy_session.submodule("scene.readout")
    there = module.options_of(module.read_out_of(root))
    assert (there.corner, there.metres) == ("BOTTOM_RIGHT", pytest.approx(1e21, rel=1e-6))
    assert things(root) == []
    assert bpy.ops.zoom_stack.remove_read_out() == {"FINISHED"}
    assert module.read_out_of(root) is None


def test_what_is_out_of_sight_is_said_to_be(
    bpy: Any, root: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    bpy.ops.zoom_stack.add_thing(level=6)
    assert "Cube.001 is out of sight here: go to level 6" in capfd.readouterr().out
    bpy.ops.zoom_stack.go_to_level(level=5)
    bpy.ops.zoom_stack.select_thing(thing="Cube.001")
    assert "out of sight" not in capfd.readouterr().out
