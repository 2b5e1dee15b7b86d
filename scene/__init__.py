"""The only place that builds datablocks: rig, planes, material, camera path, colour.

``importing`` turns a stack on disk into a zoom; ``finding`` finds its parts again; the other
modules build or change one part each. Nothing here keeps a reference to Blender's data.
"""
