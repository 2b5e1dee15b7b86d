"""How the bundled model is made: pictures drawn by a program, captions, training, export.

Nothing here is part of the extension; the zip leaves this folder out. docs/bundled_model.md
describes the model, research/log.md how it came to be.
"""
