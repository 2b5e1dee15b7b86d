"""A zoom stack on disk: ``stack.json`` beside its pictures. Documented in ``docs/formats.md``.

A folder of ordinary pictures with a ``stack.json`` written by hand is a valid stack.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from .errors import ZoomStackError
from .file_names import leaves, why_no_name
from .geometry import Placement, check_footprint
from .ids import Ids, parse_ids
from .job import LevelSpec
from .lasting import sync_file, sync_folder
from .options import read_options
from .ordinary_files import is_ordinary
from .validation import Checker, NewerError, read_json, readable, shown

STACK_VERSION = 1
STACK_FILE = "stack.json"
MAX_LEVELS = 256
DEFAULT_FEATHER = 0.06
DEFAULT_FADE = 0.75
SHARPENED = "sharpened"  # in "made_with": how finished pictures were enlarged

_CHECK = Checker("bad_stack", STACK_FILE)
_SHARED_KEYS = frozenset({"negative_prompt", "zoom_factor", "focus"})  # with a job's levels
_LEVEL_KEYS = _SHARED_KEYS | {"image", "prompt"}
_DISPLAY_KEYS = frozenset({"feather", "fade"})
_TOP_KEYS = frozenset({"version", "loop", "levels", "display", "made_with", "ids"})


@dataclass(frozen=True)
class StackLevel:
    """One level of a stack.

    Attributes:
        image: the picture's path, relative to the stack's folder, with forward slashes.
        prompt: what it shows; may be empty in stacks made by hand.
        zoom_factor: how many times wider the view of the level before is; of level 0 it counts
            in loops alone, and so does ``focus``.
        focus: the centre in the level before, in its width and height, 0-1, y down.
    """

    image: str
    prompt: str = ""
    negative_prompt: str = ""
    zoom_factor: float = 2.0
    focus: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True)
class Display:
    """How the levels are shown over one another.

    Attributes:
        feather: width of the soft border of every level but the widest, as a share of the
            picture's smaller side, 0-0.5.
        fade: share of the octaves between two levels in which the deeper one fades in, 0-1.
    """

    feather: float = DEFAULT_FEATHER
    fade: float = DEFAULT_FADE


@dataclass(frozen=True)
class Stack:
    """A zoom stack on disk.

    Attributes:
        folder: where ``stack.json`` lies.
        levels: widest first.
        display: how levels are shown over one another.
        made_with: what made it (job, model, revision, versions); carried along, never needed.
        loop: the deepest level holds level 0 again, where level 0's own ``zoom_factor`` and
            ``focus`` say; the zoom repeats without a jump.
        ids: names of the zoom and its levels; None where nobody gave any.
        others: what other programs have noted at the top of the file; carried along.
    """

    folder: Path
    levels: tuple[StackLevel, ...]
    display: Display = field(default_factory=Display)
    made_with: dict[str, Any] = field(default_factory=dict)
    loop: bool = False
    ids: Ids | None = None
    others: dict[str, Any] = field(default_factory=dict)

    def picture(self, index: int) -> Path:
        """The picture file of one level."""
        return self.folder.joinpath(*PurePosixPath(self.levels[index].image).parts)

    def placements(self, sizes: Sequence[tuple[int, int]]) -> list[Placement]:
        """The levels' placements, checked against the pictures' real sizes.

        Args:
            sizes: (width, height) in pixels of each level's picture.

        Raises:
            ZoomStackError: code ``bad_geometry``, when a footprint leaves its parent; in a loop
                level 0's parent is the deepest level.
        """
        placements = [
            Placement(level.zoom_factor, level.focus, width / height)
            for level, (width, height) in zip(self.levels, sizes, strict=True)
        ]
        for number, (parent, child) in enumerate(itertools.pairwise(placements), start=2):
            check_footprint(child, parent.aspect, f"{STACK_FILE}: level {number}")
        if self.loop:
            where = f"{STACK_FILE}: level 1, which the loop puts into level {len(placements)}"
            check_footprint(placements[0], placements[-1].aspect, where)
        return placements

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, as ``stack.json`` has it."""
        return {
            "version": STACK_VERSION,
            # Absent from stacks that are no loop: an older Zoom Stack writes the same file.
            **({"loop": True} if self.loop else {}),
            "levels": [asdict(level) for level in self.levels],
            "display": asdict(self.display),
            "made_with": self.made_with,
            **({"ids": self.ids.to_dict()} if self.ids else {}),
            **self.others,
        }

    def to_text(self, indent: int | None = None) -> str:
        """The JSON form as a text that UTF-8 can write."""
        text = json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)
        try:
            text.encode()
        except UnicodeEncodeError:  # half of a character, which JSON can carry in ASCII alone
            return json.dumps(self.to_dict(), indent=indent)
        return text


def read_stack(folder: Path) -> Stack:
    """Read a stack's folder (or its ``stack.json``) and check that every picture is there.

    What is wrong is said as of a zoom, which is what a person takes the folder for; what is wrong
    in the file stands in brackets at the end.

    Raises:
        ZoomStackError: codes ``bad_stack``, ``missing_picture``.
    """
    if folder.name == STACK_FILE:
        folder = folder.parent
    if not folder.is_dir():
        raise ZoomStackError("bad_stack", f"There is no folder {folder}.", "Check the path.")
    if not (folder / STACK_FILE).is_file():
        raise ZoomStackError(
            "bad_stack",
            f"There is no zoom in {folder}.",
            f"Choose the folder of a zoom, with its pictures. (It has no {STACK_FILE}.)",
        )
    try:
        stack = parse_stack(read_json(folder / STACK_FILE, "bad_stack", STACK_FILE), folder)
    except NewerError as error:
        raise ZoomStackError(
            error.code,
            f"The zoom in {folder} was made by a newer Zoom Stack.",
            f"Install a newer Zoom Stack. ({error.text})",
        ) from None
    except ZoomStackError as error:
        raise _damaged(folder, error) from None
    for index, level in enumerate(stack.levels):
        if leaves(folder, level.image):
            raise ZoomStackError(
                "bad_stack",
                f"The zoom in {folder} is incomplete: the picture of level {index + 1}, "
                f"{level.image}, is a link to a place outside it.",
                "Put the picture itself there.",
            )
        if not is_ordinary(stack.picture(index)):
            raise ZoomStackError(
                "missing_picture",
                f"The zoom in {folder} is incomplete: the picture of level {index + 1}, "
                f"{level.image}, is missing.",
                "Put it back, or choose another zoom.",
            )
    return stack


def _damaged(folder: Path, error: ZoomStackError) -> ZoomStackError:
    """What is wrong in a stack's file, for people who have never seen one."""
    return ZoomStackError(
        error.code,
        f"The zoom in {folder} is damaged or incomplete.",
        f"Bring its files back from a backup, or choose another zoom. ({error})",
    )


def parse_stack(data: object, folder: Path) -> Stack:
    """Read the JSON form of a stack that lies in ``folder``; no picture is looked for.

    Unknown keys at the top are kept out of the way rather than refused: other programs may
    leave notes of their own there. What is no character in a level's texts becomes U+FFFD.

    Raises:
        ZoomStackError: codes ``bad_stack``, ``bad_geometry``.
    """
    top = _CHECK.mapping(data, "it")
    _CHECK.version(top.get("version"), STACK_VERSION)
    items = _CHECK.items(top.get("levels", []), '"levels"')
    if not items:
        raise _CHECK.fail("it has no levels.", 'Add {"image": "picture.png"} for each level.')
    if len(items) > MAX_LEVELS:
        raise _CHECK.fail(f"it has {len(items)} levels; at most {MAX_LEVELS} are possible.")
    display = _CHECK.mapping(top.get("display", {}), '"display"')
    _CHECK.known_keys(display, _DISPLAY_KEYS, '"display"')
    return Stack(
        folder=folder,
        levels=tuple(_parse_level(item, number) for number, item in enumerate(items, start=1)),
        display=Display(
            feather=_CHECK.number(display.get("feather", DEFAULT_FEATHER), "the feather", 0.0, 0.5),
            fade=_CHECK.number(display.get("fade", DEFAULT_FADE), "the fade", 0.0, 1.0),
        ),
        made_with=dict(_CHECK.mapping(top.get("made_with", {}), '"made_with"')),
        loop=_CHECK.boolean(top.get("loop", False), '"loop"'),
        ids=parse_ids(top.get("ids"), len(items)),
        others={key: value for key, value in top.items() if key not in _TOP_KEYS},
    )


def write_stack(stack: Stack) -> Path:
    """Write ``stack.json``; whoever reads meanwhile sees the old file or the new one.

    After a power cut it is one of them, and once this returns the new one.

    Raises:
        ZoomStackError: code ``unwritable``.
    """
    target = stack.folder / STACK_FILE
    try:
        write_atomically(target, (stack.to_text(indent=2) + "\n").encode(), lasting=True)
    except OSError as error:
        raise ZoomStackError(
            "unwritable",
            f"{target} cannot be written: {error.strerror or error}.",
            "Choose another folder.",
        ) from None
    return target


def write_atomically(target: Path, content: bytes, *, lasting: bool = False) -> None:
    """Write under a temporary name in the same folder, then rename.

    Args:
        lasting: a power cut leaves the old file or the new one, and after this the new one.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        with temporary.open("xb") as file:  # never into what a link of that name leads to
            file.write(content)
            if lasting:
                file.flush()
                sync_file(file.fileno())
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if lasting:
        sync_folder(target.parent)


def _parse_level(value: object, number: int) -> StackLevel:
    where = f"level {number}"
    level = _CHECK.mapping(value, where)
    _CHECK.known_keys(level, _LEVEL_KEYS, where)
    # A stack from a stranger must not read files outside its own folder.
    image = _CHECK.text(level.get("image", ""), f"the image of {where}")
    reason = why_no_name(image)
    if reason:
        raise _CHECK.fail(
            f"the image of {where} is {shown(image)}, which {reason}.",
            "Give the name of a picture in the stack's own folder.",
        )
    path = PurePosixPath(image.replace("\\", "/"))
    level = {key: readable(each) if isinstance(each, str) else each for key, each in level.items()}
    return StackLevel(
        image=path.as_posix(),
        prompt=_CHECK.text(level.get("prompt", ""), f"the prompt of {where}"),
        **read_options(LevelSpec, level, _CHECK, where, _SHARED_KEYS),
    )
