"""The subjects that the picture program can draw, from the widest scale to the smallest."""
