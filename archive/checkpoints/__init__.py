"""The ledger and the catalogue's rows, sealed into signed checkpoints that every store holds (docs/checkpoints.md)."""
