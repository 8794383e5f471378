"""Copies heal from proof alone: from another copy that was read whole and found right, or from good parts that make up
exactly the recorded bytes. Whatever cannot be proven stays as it is and becomes an incident.
"""

from archive.repair.due import Round, repair_due
from archive.repair.healing import repair_copy
from archive.repair.outcome import Outcome, Repaired
from archive.repair.terms import Terms

__all__ = ["Outcome", "Repaired", "Round", "Terms", "repair_copy", "repair_due"]
