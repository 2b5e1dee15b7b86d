"""Engine tests run in plain Python, without Blender."""

import tests.single_threaded  # noqa: F401
