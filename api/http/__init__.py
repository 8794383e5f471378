"""The service: HTTP under /api/v1, every route behind exactly one operation of the access rules."""
