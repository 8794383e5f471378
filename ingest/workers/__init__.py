"""Supervised subprocesses that judge hostile files under a deadline and a memory budget."""
