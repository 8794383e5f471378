"""The lawful end of hồ sơ: holds, destruction rounds, and the one door through which destruction begins."""
