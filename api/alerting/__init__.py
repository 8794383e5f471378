"""Telling people of alerts: what to say, to whom, when, and again until it arrived."""
