"""From the scene's settings to a job, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..blender.folders import beside_file
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.job import Job, Keep, LevelSpec, Pin, SamplerSettings
from ..engine.contract.job_parser import checked, parse_job
from ..engine.contract.options import LARGEST_INTEGER
from ..engine.contract.stack import Stack
from .identity import take_ids
from .kept_levels import check_kept, is_kept
from .levels import zoom_factor_of
from .loras import loras_in, write_loras
from .options import decimal, values_in, write_values

if TYPE_CHECKING:
    from .properties import ZOOMSTACK_PG_level, ZOOMSTACK_PG_settings


def job_from_settings(settings: ZOOMSTACK_PG_settings, with_kept: bool = True) -> Job:
    """What the settings ask for.

    Args:
        with_kept: keep the levels that are kept; otherwise every level is to be made.

    Raises:
        ZoomStackError: codes ``bad_job``, ``bad_geometry``, ``bad_picture``, naming the place.
    """
    job = checked(
        Job(
            levels=tuple(_level(settings, level, with_kept) for level in settings.levels),
            loras=loras_in(settings),
            sampler=SamplerSettings(**values_in(settings, SamplerSettings)),
            **values_in(settings, Job),
        )
    )
    if with_kept:
        check_kept(settings, job.levels)
    return job


def apply_job(settings: ZOOMSTACK_PG_settings, data: object, folder: Path | None = None) -> None:
    """Write a job's levels into the settings, and whatever else the job says itself.

    Args:
        data: the JSON form; what it leaves out stays as the user has it, except that levels
            which do not say so are no loop.
        folder: what its pictures' paths are relative to.

    Raises:
        ZoomStackError: codes ``bad_job``, ``bad_geometry``; the settings are then unchanged.
    """
    job = parse_job(data, folder)
    assert isinstance(data, Mapping)  # parse_job has seen to that
    _check_seeds(job)
    _apply_levels(settings, job.levels, job.loop)
    take_ids(settings, None)  # other levels are another zoom
    write_values(settings, job, data.keys() - {"loop"})
    if "loras" in data:
        write_loras(settings, job.loras)
    write_values(settings, job.sampler, data.get("sampler", {}).keys())


def apply_stack(settings: ZOOMSTACK_PG_settings, stack: Stack) -> None:
    """Write a finished stack's levels into the settings, all of them kept."""
    levels = [
        LevelSpec(
            level.prompt,
            level.negative_prompt,
            level.zoom_factor,
            level.focus,
            keep=Keep(str(stack.picture(index))),
        )
        for index, level in enumerate(stack.levels)
    ]
    _apply_levels(settings, levels, stack.loop)
    take_ids(settings, stack.ids)


def number_levels(settings: ZOOMSTACK_PG_settings, folder: Path) -> None:
    """Remember which level is which in a run, however the list is edited meanwhile."""
    settings.run = str(folder)
    for number, level in enumerate(settings.levels):
        level.number = number


def values_of(group: bpy.types.PropertyGroup) -> tuple[object, ...]:
    """Every value of a group, and of the groups in it, to be compared; not which row is active."""
    found: list[object] = []
    left_out = {"rna_type", "name", "active_level"}
    for prop in group.bl_rna.properties:
        if prop.identifier in left_out or prop.identifier.endswith("_choice"):
            continue
        value = getattr(group, prop.identifier)
        if prop.type == "COLLECTION":
            found += [values_of(item) for item in value]
        else:
            found.append(tuple(value) if getattr(prop, "is_array", False) else value)
    return tuple(found)


def copy_settings(source: bpy.types.PropertyGroup, target: bpy.types.PropertyGroup) -> None:
    """Copy every property of one group to another of the same type."""
    for prop in source.bl_rna.properties:
        if prop.identifier in {"rna_type", "name"} or prop.identifier.endswith("_choice"):
            continue
        value = getattr(source, prop.identifier)
        if prop.type == "COLLECTION":
            items = getattr(target, prop.identifier)
            items.clear()
            for item in value:
                copy_settings(item, items.add())
        elif not prop.is_readonly:
            setattr(target, prop.identifier, value)


def _level(
    settings: ZOOMSTACK_PG_settings, level: ZOOMSTACK_PG_level, with_kept: bool
) -> LevelSpec:
    spec = LevelSpec(**values_in(level, LevelSpec))
    kept = with_kept and is_kept(level)
    return replace(
        spec,
        zoom_factor=decimal(zoom_factor_of(settings, level)),
        pin=None if kept else _pin(level),
        # Where nothing is said of a picture, the model cannot make its middle anew.
        keep=Keep(bpy.path.abspath(level.made), settings.wider_follow and bool(spec.prompt))
        if kept
        else None,
    )


def _pin(level: ZOOMSTACK_PG_level) -> Pin | None:
    if not level.pin_image.strip():
        return None
    mask = bpy.path.abspath(level.pin_mask) if level.pin_mask.strip() else None
    return Pin(bpy.path.abspath(level.pin_image), mask)


def _check_seeds(job: Job) -> None:
    """The engine takes larger seeds than Blender's whole numbers."""
    largest = max([job.seed, *(level.seed or 0 for level in job.levels)])
    if largest > LARGEST_INTEGER:
        raise ZoomStackError(
            "bad_job",
            f"The job: the seed {largest} is larger than Blender can hold.",
            f"Use a seed up to {LARGEST_INTEGER}, or run the job on the command line.",
        )


def _apply_levels(settings: ZOOMSTACK_PG_settings, levels: Sequence[LevelSpec], loop: bool) -> None:
    settings.loop = loop
    settings.wider_follow = any(level.keep and level.keep.follow for level in levels)
    factors = {level.zoom_factor for level in (levels if loop else levels[1:])}
    common = len(factors) <= 1
    if common and factors:
        settings.zoom_factor = factors.pop()
    settings.levels.clear()
    for spec in levels:
        _apply_level(settings.levels.add(), spec, own_factor=not common)
    settings.active_level = 0


def _apply_level(level: ZOOMSTACK_PG_level, spec: LevelSpec, own_factor: bool) -> None:
    write_values(level, spec)
    level.use_own_zoom_factor = own_factor
    if spec.pin is not None:
        level.pin_image = spec.pin.image
        level.pin_mask = spec.pin.mask or ""
    if spec.keep is not None:
        level.made, level.keep = beside_file(spec.keep.image), True
