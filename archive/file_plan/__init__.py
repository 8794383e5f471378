"""Danh mục hồ sơ: which hồ sơ an agency makes in a year, under which notation, kept how long, by whom."""
