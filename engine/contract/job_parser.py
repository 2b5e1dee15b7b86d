"""A job out of its JSON form, and whether its parts are right together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from .geometry import Placement, check_footprint
from .ids import parse_ids
from .job import (
    JOB_VERSION,
    MAX_LEVELS,
    MAX_LORA_WEIGHT,
    MAX_LORAS,
    Job,
    Keep,
    LevelSpec,
    Lora,
    Pin,
    SamplerSettings,
)
from .options import read_options
from .validation import Checker, read_json

_CHECK = Checker("bad_job", "The job")


def parse_job(data: object, folder: Path | None = None) -> Job:
    """Read the JSON form of a job.

    Args:
        folder: what relative paths of pictures are relative to; None leaves them as they are.

    Raises:
        ZoomStackError: code ``bad_job`` or ``bad_geometry``, naming the place.
    """
    job = _object(data, "it", {"version", *_names(Job)})
    _CHECK.version(job.get("version", JOB_VERSION), JOB_VERSION)
    levels = _parse_levels(job.get("levels"), folder)
    return checked(
        Job(
            levels=levels,
            ids=parse_ids(job.get("ids"), len(levels)),
            loras=_parse_loras(job.get("loras", [])),
            **read_options(Job, job, _CHECK),
            sampler=_parse_sampler(job.get("sampler", {})),
        )
    )


def checked(job: Job) -> Job:
    """A job that was made in Python, if its values are right, each by itself and together.

    Raises:
        ZoomStackError: code ``bad_job`` or ``bad_geometry``, naming the place.
    """
    _check_count(job.levels)
    for number, level in enumerate(job.levels, start=1):
        read_options(LevelSpec, vars(level), _CHECK, f"level {number}")
        _check_level(level, number)
    read_options(Job, vars(job), _CHECK)
    _parse_loras([vars(lora) for lora in job.loras])
    read_options(SamplerSettings, vars(job.sampler), _CHECK)
    if all(level.keep for level in job.levels):
        raise _CHECK.fail(
            "every level is kept, so there is nothing to make.", "Free a level, or add one."
        )
    for number, level in enumerate(job.levels, start=1):
        where = f"Level {number}"
        if number == 1:
            if not job.loop:
                continue
            where = f"{where}, which the loop puts into level {len(job.levels)}"
        # Every level of a job has one size, so the aspect cancels here.
        check_footprint(Placement(level.zoom_factor, level.focus), 1.0, where)
    return job


def load_job(path: Path) -> Job:
    """Read a job file.

    Raises:
        ZoomStackError: code ``bad_job`` or ``bad_geometry``.
    """
    return parse_job(read_json(path, "bad_job"), path.resolve().parent)


def _check_count(levels: Sequence[object]) -> None:
    if not levels:
        raise _CHECK.fail("it has no levels.", "Add at least one level with a prompt.")
    if len(levels) > MAX_LEVELS:
        raise _CHECK.fail(f"it has {len(levels)} levels; at most {MAX_LEVELS} are possible.")


def _check_level(level: LevelSpec, number: int) -> None:
    where = f"level {number}"
    if level.pin and level.keep:
        raise _CHECK.fail(f"{where} is both kept and pinned to a picture.", "Choose one of them.")
    if not level.prompt and (level.keep is None or level.keep.follow):
        raise _CHECK.fail(f"{where} has no prompt.", "Say what is seen at that scale.")


def _names(declaring: type) -> set[str]:
    return {each.name for each in fields(declaring)}


def _object(value: object, where: str, names: set[str]) -> Mapping[str, Any]:
    found = _CHECK.mapping(value, where)
    _CHECK.known_keys(found, frozenset(names), where)
    return found


def _parse_loras(value: object) -> tuple[Lora, ...]:
    items = _CHECK.items([] if value is None else value, '"loras"')
    if len(items) > MAX_LORAS:
        raise _CHECK.fail(f"it has {len(items)} LoRAs; at most {MAX_LORAS} are possible.")
    loras = tuple(_parse_lora(item, number) for number, item in enumerate(items, start=1))
    names = [lora.name for lora in loras]
    for name in names:
        if names.count(name) > 1:
            raise _CHECK.fail(f"the LoRA {name!r} is there twice.", "Give it one weight.")
    return loras


def _parse_lora(value: object, number: int) -> Lora:
    where = f"LoRA {number}"
    lora = _object(value, where, _names(Lora))
    name = _CHECK.readable(lora.get("name", ""), f"the name of {where}").strip()
    if not name:
        raise _CHECK.fail(f"{where} has no name.", "Name its file.")
    weight = lora.get("weight", 1.0)
    limits = -MAX_LORA_WEIGHT, MAX_LORA_WEIGHT
    return Lora(name, _CHECK.number(weight, f"the weight of the LoRA {name!r}", *limits))


def _parse_levels(value: object, folder: Path | None) -> tuple[LevelSpec, ...]:
    items = _CHECK.items([] if value is None else value, '"levels"')
    _check_count(items)
    return tuple(_parse_level(item, number, folder) for number, item in enumerate(items, start=1))


def _parse_level(value: object, number: int, folder: Path | None) -> LevelSpec:
    where = f"level {number}"
    level = _object(value, where, _names(LevelSpec))
    parsed = LevelSpec(
        **read_options(LevelSpec, level, _CHECK, where),
        pin=_parse_pin(level.get("pin"), where, folder),
        keep=_parse_keep(level.get("keep"), where, folder),
    )
    _check_level(parsed, number)
    return parsed


def _parse_sampler(value: object) -> SamplerSettings:
    sampler = _object(value, '"sampler"', _names(SamplerSettings))
    return SamplerSettings(**read_options(SamplerSettings, sampler, _CHECK))


def _parse_pin(value: object, where: str, folder: Path | None) -> Pin | None:
    if value is None:
        return None
    pin = _object(value, f"the pin of {where}", _names(Pin))
    image = _CHECK.path(pin.get("image"), f"the pinned picture of {where}")
    mask = pin.get("mask")
    paths = [image] if mask is None else [image, _CHECK.path(mask, f"the mask of {where}")]
    if not all(path.strip() for path in paths):
        raise _CHECK.fail(f"{where} has a pin without a picture.", "Name one, or remove the pin.")
    return Pin(*(path if folder is None else str(folder / path) for path in paths))


def _parse_keep(value: object, where: str, folder: Path | None) -> Keep | None:
    if value is None:
        return None
    keep = _object(value, f"the kept picture of {where}", _names(Keep))
    image = _CHECK.path(keep.get("image", ""), f"the kept picture of {where}")
    if not image.strip():
        raise _CHECK.fail(f"{where} is kept, but its picture is not named.", "Name its file.")
    follow = _CHECK.boolean(keep.get("follow", False), f'"follow" of {where}')
    return Keep(image if folder is None else str(folder / image), follow)
