"""What a trained model can do: a classifier of drawn pictures, and measures with it."""
