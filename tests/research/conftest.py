"""Tests of how the model was made and how the method is measured; plain Python."""

import tests.single_threaded  # noqa: F401 - for what it does when imported
