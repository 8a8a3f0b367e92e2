"""The funnel: what was handed over, what came of it, and how long it took."""
