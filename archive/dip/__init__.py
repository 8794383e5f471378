"""What is given out: a hồ sơ or chosen documents of it as a TT 05/2025 DIP or a plain zip, streamed and proven."""
