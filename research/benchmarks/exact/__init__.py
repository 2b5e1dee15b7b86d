"""Worlds whose best estimate is known, so that every deviation is the method's; and its speed."""
