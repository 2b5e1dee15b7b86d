"""An engine of its own: a Python, torch and the rest, made, repaired and removed by uv.

Standard library only: it runs before there is an engine, by Blender's Python or any other.
"""
