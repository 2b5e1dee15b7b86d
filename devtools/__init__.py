"""What ``dev.py`` does: environments, Blender roots, the zip, the test suites, the demo.

Standard library only, Python 3.11+: these modules run before anything is installed.
"""
