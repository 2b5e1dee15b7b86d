"""Blender's end of the pipe: starts the engine, talks to it, is rid of it again.

Standard library only: Blender's process imports it, and it runs in any Python. No method blocks.
"""
