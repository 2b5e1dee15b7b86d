"""Model families behind one protocol, and the registry that finds them."""
