"""Relevance of search, measured: a made collection, judged queries, three analysers, each also without diacritics."""
