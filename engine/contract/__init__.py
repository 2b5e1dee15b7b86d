"""What Blender's process and the engine's process agree on: jobs, messages, stacks, geometry.

Standard library only, relative imports only: both processes import it.
"""
