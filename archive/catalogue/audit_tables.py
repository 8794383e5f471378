"""Audits of copies: runs, findings, canaries, repairs and incidents."""
