"""Real veraPDF in long-lived worker processes: ``build`` makes them, ``client`` asks them."""
