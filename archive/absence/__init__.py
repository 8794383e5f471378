"""Proof of absence: looks for what was destroyed, and knows nothing of how it was done."""
