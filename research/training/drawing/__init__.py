"""The picture program: drawings with captions, sets of them, and the words that they teach."""
