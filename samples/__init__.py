"""Sample records, a test PKI and tools that make exactly one mistake: evidence for the archive, never part of it."""
