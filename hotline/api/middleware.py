"""What stands around every request: security headers, a limit on bodies, no text that cannot be kept, and the catch-all for
the unexpected."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hotline.api import characters
from hotline.api.errors import answer, unexpected
from hotline.core.errors import HotlineError

BODY_LIMIT: Final = 256 * 1024
"""Bytes; the largest honest body is a form with every text at its limit (about 60 kB as UTF-8)."""

SOUND_LIMIT: Final = 12_100_000
"""The same for a recording that an administrator uploads as a prompt (see `routers.admin.prompts`)."""
_SOUNDS: Final = "/api/prompts/"

# ASVS 5.0 V3.4. `blob:` for audio that the console has fetched; `data:` for icons inside style sheets.
_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = tuple(
    (name.encode(), value.encode())
    for name, value in {
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
    }.items()
)
_NO_STORE: Final = (b"cache-control", b"no-store")


def _header(scope: Scope, wanted: bytes) -> bytes:
    found: bytes = next((value for name, value in scope["headers"] if name == wanted), b"")
    return found


class Guard:
    """ASGI middleware, outermost: nothing leaves without the headers, nothing unexpected leaves with a stack trace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; other kinds of scope pass untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        taken = 0
        # What is uploaded as a file is not text; everything else that is read as a body is JSON.
        text = None if _header(scope, b"content-type").startswith(b"multipart/") else bytearray()
        most = SOUND_LIMIT if scope["path"].startswith(_SOUNDS) and scope["method"] == "POST" else BODY_LIMIT

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                # An HTTPException, because FastAPI lets only those through while it reads a body.
                raise HTTPException(413)
            if text is not None and message["type"] == "http.request":
                text.extend(message.get("body", b""))
                if not message.get("more_body", False) and characters.in_body(bytes(text)):
                    raise HTTPException(422)
            return message

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = [*message.get("headers", ()), *_HEADERS]
                if scope["path"].startswith("/api/") and not any(name == b"cache-control" for name, _ in headers):
                    headers.append(_NO_STORE)
                message = {**message, "headers": headers}
            await send(message)

        try:
            length = _header(scope, b"content-length") or b"0"
            if not length.isdigit() or len(length) > 12 or int(length) > most:
                raise HTTPException(413)
            if characters.in_address(scope["path"], scope.get("query_string", b"")):
                raise HTTPException(422)
            await self._app(scope, limited, dressed)
        except HTTPException as refused:
            code = "request.characters" if refused.status_code == 422 else "request.too_large"
            await answer(HotlineError(code))(scope, receive, dressed)
        except Exception as exc:
            response = unexpected(exc)
            if not started:
                await response(scope, receive, dressed)
