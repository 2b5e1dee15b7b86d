"""Engine tests run in plain Python, without Blender."""

import tests.single_threaded  # noqa: F401 - for what it does when imported
