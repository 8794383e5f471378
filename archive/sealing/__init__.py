"""Packages under a key of their own: age v1 files, written as a stream and read anywhere within."""
