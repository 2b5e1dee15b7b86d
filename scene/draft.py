"""A zoom under construction, known by names only.

Between two steps of an import the user may undo, delete, or open another file, so nothing here
keeps a reference to Blender's data: every access looks the thing up and checks that it is ours.
"""

from __future__ import annotations

import uuid
from collections.abc import Generator
from pathlib import Path

import bpy

from ..blender.folders import beside_file
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.picture_header import NoPictureError, damaged, read_header
from ..engine.contract.stack import Stack
from . import keys


class Draft:
    """Pictures and an unlinked collection that an unfinished import has made so far."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._token = uuid.uuid4().hex
        self._images: list[str] = []
        self._collection = ""

    def load_pictures(self, stack: Stack) -> Generator[str, None, list[tuple[int, int]]]:
        """Load a stack's pictures, one at each ``next``; returns their sizes in pixels.

        Yields what comes next, for people.

        Raises:
            ZoomStackError: code ``bad_picture``.
        """
        sizes = []
        count = len(stack.levels)
        for number in range(count):
            yield f"Loading picture {number + 1} of {count}"
            sizes.append(self.load_image(stack.picture(number), number))
        return sizes

    def load_image(self, path: Path, number: int) -> tuple[int, int]:
        """Load a level's picture completely and return its size in pixels.

        Raises:
            ZoomStackError: code ``bad_picture``.
        """
        try:
            read_header(path)  # Blender would take more kinds, and any number of pixels
            image = bpy.data.images.load(str(path), check_existing=False)
        except NoPictureError as error:
            raise error.told_of(_called(path, number)) from None
        except RuntimeError:
            raise damaged().told_of(_called(path, number)) from None
        image[keys.DRAFT] = self._token
        self._images.append(image.name)
        # Blender loads pictures when they are first needed: need it now, not while drawing.
        if image.size[0] < 1 or image.size[1] < 1 or not _has_pixels(image):
            raise damaged().told_of(_called(path, number))
        # A see-through picture would show the level behind it; a zoom's levels are opaque.
        image.alpha_mode = "NONE"
        # A project that is moved takes its pictures along.
        image.filepath_raw = beside_file(str(path))
        return (image.size[0], image.size[1])

    def image(self, number: int) -> bpy.types.Image:
        """The picture of a level.

        Raises:
            ZoomStackError: code ``import_interrupted``, when it is gone.
        """
        image = bpy.data.images.get(self._images[number])
        if image is None or image.get(keys.DRAFT) != self._token:
            raise self._interrupted(f"the picture of level {number + 1}")
        return image

    def new_collection(self) -> bpy.types.Collection:
        """The collection that takes the zoom's objects; in no scene yet."""
        collection = bpy.data.collections.new(self.title)
        collection[keys.DRAFT] = self._token
        self._collection = collection.name
        return collection

    def collection(self) -> bpy.types.Collection:
        """The collection again.

        Raises:
            ZoomStackError: code ``import_interrupted``, when it is gone.
        """
        collection = bpy.data.collections.get(self._collection)
        if collection is None or collection.get(keys.DRAFT) != self._token:
            raise self._interrupted("what was built of it")
        return collection

    def drop_collection(self) -> None:
        """The objects have another place now."""
        bpy.data.collections.remove(self.collection())
        self._collection = ""

    def part(self, role: str) -> bpy.types.Object:
        """The one object of a kind in the collection.

        Raises:
            ZoomStackError: code ``import_interrupted``, when it is gone.
        """
        for item in self.collection().objects:
            if item.get(keys.ROLE) == role:
                return item
        raise self._interrupted(f"its {role}")

    def parts(self, role: str) -> list[bpy.types.Object]:
        """All objects of a kind, widest level first; none where there is no collection."""
        if not self._collection:
            return []
        found = [item for item in self.collection().objects if item.get(keys.ROLE) == role]
        return sorted(found, key=lambda item: item.get(keys.INDEX, 0))

    def check_complete(self, levels: int) -> None:
        """See that nothing was taken out of the rig.

        Raises:
            ZoomStackError: code ``import_interrupted``.
        """
        for role in (keys.ROLE_WORLD, keys.ROLE_DOLLY, keys.ROLE_PAN):
            self.part(role)
        for role in (keys.ROLE_LEVEL, keys.ROLE_PLANE):
            if len(self.parts(role)) != levels:
                raise self._interrupted(f"a {role}")

    def finish(self) -> None:
        """Take the marks of the draft away: it is the user's now."""
        collections = [self.collection()] if self._collection else []
        for owner in [*self._our_images(), *collections]:
            del owner[keys.DRAFT]

    def discard(self) -> None:
        """Remove whatever was made; safe after anything, also after a file was opened."""
        doomed: list[bpy.types.ID] = []
        collection = bpy.data.collections.get(self._collection)
        if collection is not None and collection.get(keys.DRAFT) == self._token:
            for item in collection.objects:
                doomed += [item, *_data_of(item)]
            doomed.append(collection)
        doomed += self._our_images()
        bpy.data.batch_remove(list(dict.fromkeys(doomed)))

    def _our_images(self) -> list[bpy.types.Image]:
        found = (bpy.data.images.get(name) for name in self._images)
        return [image for image in found if image and image.get(keys.DRAFT) == self._token]

    def _interrupted(self, what: str) -> ZoomStackError:
        return ZoomStackError(
            "import_interrupted",
            f"The import of {self.title} stopped: {what} was removed meanwhile.",
            "Import the stack again.",
        )


def _data_of(item: bpy.types.Object) -> list[bpy.types.ID]:
    """What an object of the zoom alone uses: mesh or camera, materials, groups, action."""
    owned: list[bpy.types.ID] = [item.data] if item.data is not None else []
    for slot in item.material_slots:
        if slot.material is not None:
            owned.append(slot.material)
            nodes = slot.material.node_tree.nodes if slot.material.node_tree else []
            owned += [node.node_tree for node in nodes if node.bl_idname == "ShaderNodeGroup"]
    if item.animation_data is not None and item.animation_data.action is not None:
        owned.append(item.animation_data.action)
    return owned


def _has_pixels(image: bpy.types.Image) -> bool:
    try:
        return len(image.pixels) > 0 and image.pixels[0] >= 0.0 and image.has_data
    except (RuntimeError, IndexError):
        return False


def _called(path: Path, number: int) -> str:
    return f"The picture of level {number + 1}, {path.name},"
