"""Delete Run asks first, and deletes only what it asked about."""

from __future__ import annotations

from pathlib import Path

from harness import BlenderWindow
from zoom_tab import ZoomTab

_ASK = (
    "with override('VIEW_3D'): bpy.ops.zoom_stack.delete_run('INVOKE_DEFAULT', folder=str(_first))"
)


def test_the_question_and_what_changes_while_it_is_open(
    window: BlenderWindow, engine_python: Path
) -> None:
    tab = ZoomTab(window, engine_python)
    tab.set_levels(steps=3)
    tab.generate()
    tab.wait_finished()
    window.do(
        "import pathlib\n"
        "def files():\n"
        "    root = next(i for i in bpy.data.objects if _part('scene.finding').is_root(i))\n"
        "    return _part('scene.showing').shown_files(root)\n"
        "_first = files()[0].parent\n"
        "settings().seed += 1"
    )
    tab.generate()
    tab.wait_finished()
    window.do(
        "for item in bpy.data.objects: item.pop('zoom_stack_other', None)\n"
        "bpy.data.batch_remove([i for i in bpy.data.images if not i.users])\n"
        "_part('tasks.runs').forget_runs()\n"
        "settings().levels.clear()"
    )
    window.do(_ASK)
    window.settle()
    window.picture("question")
    window.do("(_first / 'level_01.png').write_bytes(b'mine')\n_part('tasks.runs').forget_runs()")
    window.screen.key("Return")
    window.settle()
    window.picture("refused")
    assert window.ask("len(list(_first.glob('*.png')))") == 3
    window.do(_ASK)
    window.settle()
    window.screen.key("Return")
    window.wait_for("not _first.exists()")
