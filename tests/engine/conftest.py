"""Engine tests run in plain Python, without Blender, and see no models of whoever runs them."""

import functools
import os
import tempfile
from collections.abc import Iterator

import pytest

import tests.single_threaded  # noqa: F401 - for what it does when imported

_HOME = tempfile.TemporaryDirectory(prefix="zoom-stack-tests-")
for _variable in ("HF_HUB_CACHE", "ZOOM_STACK_CACHE"):
    os.environ[_variable] = os.path.join(_HOME.name, _variable.lower())
os.environ.pop("ZOOM_STACK_MODELS", None)


@pytest.fixture(scope="session", autouse=True)
def _fit_pictures_are_drawn_once() -> Iterator[None]:
    """What every codec is fitted with: the same pictures for each of the many tiny models."""
    from engine.method import codec

    drawn = codec.dead_leaves
    codec.dead_leaves = functools.lru_cache(maxsize=1000)(drawn)
    yield
    codec.dead_leaves = drawn
