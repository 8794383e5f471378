"""The keys of sealed hồ sơ: one for each, wrapped by one key-encryption key, in at least two places, never anywhere else."""
