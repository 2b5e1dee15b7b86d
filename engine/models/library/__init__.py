"""Finds and recognises models and LoRAs on the disk, without loading any.

Needs the standard library and PyYAML only. The way in is ``library.look_through``.
"""
