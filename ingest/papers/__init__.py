"""Official papers on sheets: printed as PDF/A-3 with their data inside, and judged when they come back signed."""
