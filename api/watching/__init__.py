"""Looking at what can go wrong, and turning each state that somebody must know of into an alert for as long as it lasts."""
