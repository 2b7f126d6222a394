"""What an expert hears before pressing 1: on what, from where, and how long the caller has waited; no names."""

from __future__ import annotations

from typing import Any, Final

WAITED_STEPS: Final = (120, 90, 60, 50, 40, 30, 20, 10)
"""Seconds for which a prompt `brief_waited_<n>` exists; the highest one reached is spoken ("over … seconds")."""


def brief_prompts(brief: dict[str, Any]) -> tuple[str, ...]:
    """The spoken brief. `category` is a code of two levels, whose first two digits are spoken; `region_code` has a
    prompt where the bureau recorded one (`brief_region_<code>`; a missing one is passed over); `waited` is in seconds. With
    `kind` `duty` it is said that the office is closed.
    """
    category = str(brief.get("category", ""))[:2]
    spoken = (f"brief_category_{category}",) if category.isdigit() and 1 <= int(category) <= 14 else ()
    code = str(brief.get("region_code", ""))
    place = (f"brief_region_{code}",) if code.isalnum() else ()
    intro = "brief_duty" if brief.get("kind") == "duty" else "brief_intro"
    return (intro, *spoken, *place, waited_prompt(brief.get("waited")), "brief_press")


def waited_prompt(seconds: object) -> str:
    """The prompt that says how long the caller has waited; under ten seconds only that somebody is there."""
    waited = float(seconds) if isinstance(seconds, int | float) else 0.0
    step = next((item for item in WAITED_STEPS if waited >= item), 0)
    return f"brief_waited_{step}" if step else "brief_waited_short"
