"""How long a hồ sơ is kept: periods, schedules, what is due."""
