"""Destruction: every place a hồ sơ leaves traces in, removal there, forward only. Whether it may is ``archive.disposal``'s."""
