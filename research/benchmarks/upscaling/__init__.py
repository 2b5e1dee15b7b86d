"""Upscalers side by side: likeness, sharpness, the border of a child, time and memory."""
