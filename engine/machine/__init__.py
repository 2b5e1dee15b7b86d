"""The machine that the engine runs on: packages, devices, and what goes wrong, in words."""
