"""Browser headsets: how they are named between the parts."""

from __future__ import annotations

from typing import Final

HEADSET_HOST: Final = "headset.invalid"
"""Host part of the address of a browser's headset: `sip:8001@headset.invalid` rings the page of who is logged in as 8001."""
ECHO_USER: Final = "echo"
"""What a headset dials to hear itself."""
ECHO_TRUNK: Final = ":echo"
"""Stands where a trunk's name would (no trunk can have it): the call is a self-test, not a caller."""
HEADSET_BYTES: Final = 16_384
"""Longest SIP message of a browser: its offers name every codec and address it has (3-5 kB)."""


def headset_uri(extension: str) -> str:
    """The address that rings the headset of a seat."""
    return f"sip:{extension}@{HEADSET_HOST}"


def headset_of(uri: str) -> str:
    """The address if it is a headset's, else an empty string."""
    return uri if is_headset(uri) else ""


def is_headset(uri: str) -> bool:
    """Whether an agent's address is a browser's headset."""
    return uri.endswith(f"@{HEADSET_HOST}")
