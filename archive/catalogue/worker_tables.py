"""Workers, their claims, and runs of scheduled jobs."""
