"""The program that painted `samples/galaxy_to_shore`: ``python -m research.sample_zoom``."""
