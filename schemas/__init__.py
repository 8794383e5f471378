"""Rules as data (fields, code lists, finding codes, XML Schemas) and their loaders. Imports nothing of ours."""
