"""Digest authentication (RFC 2617, RFC 7616: MD5 and SHA-256, `qop=auth` or none). Pure but for the client nonce."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from hotline.simulate.sip_message import split_list

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class DigestError(ValueError):
    """The challenge asks for something this side does not speak."""


def fields_of(header: str) -> dict[str, str]:
    """The parameters of a `Digest …` header, names in lower case, quotes removed. Raises :class:`DigestError`."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        raise DigestError(f"scheme {scheme!r}")
    found = {}
    for part in split_list(rest):
        name, _, value = part.partition("=")
        found[name.strip().lower()] = value.strip().strip('"')
    return found


def digest(
    *, algorithm: str, user: str, realm: str, password: str, method: str, uri: str, nonce: str, nc: str, cnonce: str, qop: str
) -> str:
    """The `response` value. Raises :class:`DigestError` for an algorithm other than MD5 and SHA-256."""
    try:
        make = _HASHES[algorithm.upper()]
    except KeyError as exc:
        raise DigestError(f"algorithm {algorithm!r}") from exc

    def hexa(text: str) -> str:
        return make(text.encode()).hexdigest()

    first, second = hexa(f"{user}:{realm}:{password}"), hexa(f"{method}:{uri}")
    middle = f"{nonce}:{nc}:{cnonce}:{qop}" if qop else nonce
    return hexa(f"{first}:{middle}:{second}")


@dataclass(slots=True)
class Credentials:
    """A user's name and password; counts how often a nonce was used."""

    user: str
    password: str
    _counts: dict[str, int] = field(default_factory=dict, repr=False)

    def answer(self, challenge: str, method: str, uri: str) -> str:
        """The Authorization header for a WWW-Authenticate or Proxy-Authenticate value. Raises :class:`DigestError`."""
        asked = fields_of(challenge)
        qops = [item.strip() for item in asked.get("qop", "").split(",") if item.strip()]
        if qops and "auth" not in qops:
            raise DigestError(f"qop {asked['qop']!r}")
        qop = "auth" if qops else ""
        nonce, realm, algorithm = asked.get("nonce", ""), asked.get("realm", ""), asked.get("algorithm", "MD5")
        self._counts[nonce] = self._counts.get(nonce, 0) + 1
        nc, cnonce = f"{self._counts[nonce]:08x}", secrets.token_hex(8)
        response = digest(
            algorithm=algorithm, user=self.user, realm=realm, password=self.password, method=method, uri=uri,
            nonce=nonce, nc=nc, cnonce=cnonce, qop=qop,
        )  # fmt: skip
        parts = [f'username="{self.user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"', f'response="{response}"']
        parts.append(f"algorithm={algorithm}")
        if qop:
            parts += [f"qop={qop}", f"nc={nc}", f'cnonce="{cnonce}"']
        if "opaque" in asked:
            parts.append(f'opaque="{asked["opaque"]}"')
        return "Digest " + ", ".join(parts)


def verify(header: str, *, method: str, password: str, nonce: str) -> bool:
    """Whether an Authorization header fits `password` and the nonce given out: what a registrar (of a test) checks."""
    said = fields_of(header)
    if said.get("nonce") != nonce:
        return False
    expected = digest(
        algorithm=said.get("algorithm", "MD5"), user=said.get("username", ""), realm=said.get("realm", ""), password=password,
        method=method, uri=said.get("uri", ""), nonce=nonce, nc=said.get("nc", ""), cnonce=said.get("cnonce", ""),
        qop=said.get("qop", ""),
    )  # fmt: skip
    return secrets.compare_digest(expected, said.get("response", ""))
