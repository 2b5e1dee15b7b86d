"""How the bundled model was made, and how the method is measured. Never shipped.

``training`` makes the model, ``benchmarks`` measures, ``sample_zoom`` paints the sample, and
``log.md`` says what was tried. The engine knows nothing of this folder.
"""
