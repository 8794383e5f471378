"""The checks, one module each. A check collects every finding and never decides acceptance; checks do not know each other."""
