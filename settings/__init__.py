"""What the user has set, and the job that it means.

Nothing here draws, starts anything or builds datablocks. The preferences' class is registered by
``panels``, which draws it.
"""

from .properties import register, unregister

__all__ = ["register", "unregister"]
