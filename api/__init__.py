"""The edges people touch: the command line, settings, and the composition root."""
