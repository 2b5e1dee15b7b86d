"""Zoom Stack's engine: everything that makes zoom stacks, and nothing of Blender.

Blender's process imports only ``engine.contract`` and ``engine.client`` (standard library only).
The rest runs in a process of its own, started as ``python -m engine``.
"""

# Changes whenever the sampler's numbers do: a saved run goes on under the same version only.
__version__ = "0.3.0"
