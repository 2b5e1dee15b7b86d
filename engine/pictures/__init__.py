"""Pictures as arrays and as files: colour, PNG, the view of a zoom. Needs no torch."""
