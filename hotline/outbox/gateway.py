"""Text messages by a gateway that takes JSON over HTTP. The letter's key goes with every attempt; whether the gateway keeps
keys is a setting, for only its operator knows."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx

from hotline.core.letters import Receipt
from hotline.outbox.port import Letter
from hotline.settings.outbox import SmsSettings

LONGEST_ANSWER: Final = 65_536
SURELY_NOT: Final = frozenset({429, 503})
"""Answers with which a gateway says that it did nothing now."""


class GatewayOutbox:
    """One request a letter."""

    def __init__(self, settings: SmsSettings, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._transport = transport

    @property
    def once(self) -> bool:
        return self._settings.keeps_keys

    def send(self, letter: Letter) -> Receipt:
        """A connection that never came about surely sent nothing; a lost answer may have."""
        asked = self._settings
        body = {
            **asked.extra,
            asked.to_field: letter.to,
            asked.text_field: letter.body,
            asked.key_field: letter.name,
        }
        headers = {"Idempotency-Key": letter.name}
        if token := asked.token.get_secret_value():
            headers["Authorization"] = f"Bearer {token}"
        try:
            # No redirects: the message goes where the settings say and nowhere else.
            with (
                httpx.Client(timeout=asked.timeout_seconds, transport=self._transport, trust_env=False) as client,
                client.stream("POST", asked.url, json=body, headers=headers) as answer,
            ):
                return self._said(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Receipt("again", "gateway.away")
        except httpx.HTTPError:
            return self._lost("gateway.no_answer")
        except (httpx.InvalidURL, ValueError):
            return Receipt("refused", "gateway.address")

    def _lost(self, code: str) -> Receipt:
        return Receipt("again" if self.once else "unsure", code)

    def _said(self, answer: httpx.Response) -> Receipt:
        status = answer.status_code
        if status in SURELY_NOT:
            return Receipt("again", f"gateway.{status}")
        if status >= 500:
            return self._lost(f"gateway.{status}")
        if not 200 <= status < 300:
            return Receipt("refused", f"gateway.{status}")
        if not self._settings.ok_field:
            return Receipt("sent")
        found = _field(answer, self._settings.ok_field)
        if found is None:
            return self._lost("gateway.no_answer")
        return Receipt("sent") if found == self._settings.ok_value else Receipt("refused", "gateway.said_no")


def _field(answer: httpx.Response, name: str) -> str | None:
    """A field of the answer as text; None when it says nothing that can be read."""
    text = b""
    for part in answer.iter_bytes():
        text += part
        if len(text) > LONGEST_ANSWER:
            return None
    try:
        body: Any = json.loads(text)
    except ValueError:
        return None
    if not isinstance(body, dict) or name not in body:
        return None
    value = body[name]
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)
