"""The scenes that go by a zoom in time: their frame ranges and their markers."""

from __future__ import annotations

import bpy

from . import keys
from .frame_range import fit_range, frames_of, range_follows
from .markers import refresh_markers


class Followers:
    """The ranges and markers of scenes that are a zoom's, as it is before it changes."""

    def __init__(self, root: bpy.types.Object) -> None:
        scenes = [each for each in bpy.data.scenes if each.objects.get(root.name) == root]
        scenes = [each for each in scenes if each.library is None]
        self._ranged = [each for each in scenes if range_follows(each, root)]
        self._marked = scenes if root.get(keys.MARKERS) else []

    def follow(self, root: bpy.types.Object) -> None:
        """Make ranges and markers the zoom's again, as it is."""
        for scene in self._ranged:
            fit_range(scene, frames_of(root))
        self.follow_markers(root)

    def follow_markers(self, root: bpy.types.Object) -> None:
        """Make the markers the zoom's again; ranges stay."""
        for scene in self._marked:
            refresh_markers(scene, root)
