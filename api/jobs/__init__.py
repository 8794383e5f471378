"""What is done by the clock: one module for each job, found by itself (``JOB``)."""
