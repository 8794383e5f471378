"""From bytes that arrive to an accepted package: unpacking, checks, policy, and the durable pipeline."""
