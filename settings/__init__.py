"""What the user has set, and the job that it means.

Nothing here draws, starts anything or builds datablocks.
"""
