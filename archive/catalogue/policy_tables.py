"""Storage policies and what moves between stores."""
