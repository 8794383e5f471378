"""RFC 8493 bags: `writing` makes tag files, `judge` says everything that is wrong with a bag, `pack` writes one."""
