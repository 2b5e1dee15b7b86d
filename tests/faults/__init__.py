"""Faults by machine, counted: hostile inputs and kills; ``python -m tests.faults`` for a run."""
