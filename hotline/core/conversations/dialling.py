"""What became of a dialled leg, in the four words of the field."""

from __future__ import annotations

from typing import Final

DIAL_STATUS_BY_CODE: Final = {
    486: "busy",
    600: "busy",
    480: "no_answer",
    408: "no_answer",
    603: "refused",
    403: "refused",
    487: "cancelled",
}
"""SIP final codes of a dialled leg; everything else is `failed`."""


def dial_status(sip_code: int) -> str:
    """`answered no_answer busy refused failed cancelled` for a final SIP code."""
    return "answered" if 200 <= sip_code < 300 else DIAL_STATUS_BY_CODE.get(sip_code, "failed")
