"""A real Elasticsearch node of the archive's own, on loopback: built from the registry, started and stopped here."""
