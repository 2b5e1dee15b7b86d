"""Joint sampling: tensors in, tensors out. Knows no file, no prompt and no model format."""
