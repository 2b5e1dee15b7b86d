"""What every part may ask of Blender itself: versions, folders, redrawing, what our callbacks cost.

Nothing here knows zooms, settings or tasks.
"""
