"""Everything back from one storage copy: rebuilding, comparing, backing up, and trying it out on schedule."""
