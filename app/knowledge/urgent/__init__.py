"""What cannot wait: findings that outrank every score, whatever it says (RED-1 to RED-9, SURG-1).

These are reminders made from the record when somebody looks, never monitoring: every text says so.
"""

from app.knowledge.urgent.lesion import lesion_alarms
from app.knowledge.urgent.patient import patient_alarms

__all__ = ["lesion_alarms", "patient_alarms"]
