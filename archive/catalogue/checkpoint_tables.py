"""Checkpoints of the ledger, what was copied where, and which rows have changed since."""
