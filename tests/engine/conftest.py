"""Engine tests run in plain Python, without Blender, and see no models of whoever runs them."""

import os
import tempfile

import tests.single_threaded  # noqa: F401 - for what it does when imported

_HOME = tempfile.TemporaryDirectory(prefix="zoom-stack-tests-")
for _variable in ("HF_HUB_CACHE", "ZOOM_STACK_CACHE"):
    os.environ[_variable] = os.path.join(_HOME.name, _variable.lower())
os.environ.pop("ZOOM_STACK_MODELS", None)
