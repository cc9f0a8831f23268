"""What no card may ever say (10.3), as patterns: checked on every card that any test receives."""

import re
from typing import Any

FORBIDDEN = {
    "a rule whose source was not read": re.compile(r"primary source not read", re.IGNORECASE),
    "an order": re.compile(
        r"(?<!to )\b(perform|administer|prescribe|operate on|inject|irradiate)\b (?!by)", re.IGNORECASE
    ),
    "a device's power": re.compile(r"\d\s?(W|watts?)\b"),
    "a device's temperature": re.compile(r"\d\s?°\s?C\b"),
    "a volume of cement": re.compile(r"\d\s?mL\b", re.IGNORECASE),
    "one person's survival": re.compile(
        r"\b(will (live|survive|die)|expected to live \d|months to live|life expectancy (is|of) \d)",
        re.IGNORECASE,
    ),
    "safety": re.compile(r"\b(is|are) safe\b|\bno risk\b|\blow risk\b", re.IGNORECASE),
    "a rotation of opioids": re.compile(r"\brotat", re.IGNORECASE),
}


def check_words(card: dict[str, Any]) -> None:
    """Fail on a card that says what none may."""
    text = f"{card['summary']}\n{card.get('detail', '')}"
    said = {what: found[0] for what, pattern in FORBIDDEN.items() if (found := pattern.search(text))}
    assert said == {}, text
