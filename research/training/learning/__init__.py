"""From a set of pictures to a model folder: networks, optimiser, the two stages, export."""
