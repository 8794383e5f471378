"""The search index: a projection that follows the ledger and can be dropped and rebuilt."""
