"""Settings of letters (text messages and mails): `[outbox]` in `hotline.toml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from hotline.core.letters import Window
from hotline.core.letters.times import window
from hotline.settings.section import Section

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class SmtpSettings(Section):
    """Where mails are handed over."""

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """`none` sends the password and the letter in clear: for a relay on this machine only."""
    username: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    """Address in `From`."""
    timeout_seconds: Annotated[float, Field(ge=1, le=120)] = 20.0


class SmsSettings(Section):
    """A gateway that takes one message a request as JSON over HTTP."""

    url: str = ""
    token: SecretStr = SecretStr("")
    """Sent as `Authorization: Bearer …` when given."""
    to_field: str = "to"
    text_field: str = "text"
    key_field: str = "key"
    """Names in the JSON body; the key goes into the header `Idempotency-Key` too."""
    extra: dict[str, str] = {}
    """Further fields of the body, such as a template's or account's name."""
    ok_field: str = ""
    ok_value: str = ""
    """For gateways that answer 200 whatever happened: this field of the answer must have this value."""
    keeps_keys: bool = False
    """The gateway promises that the same key twice is one message: then a lost answer is asked for again instead of being
    left to a person."""
    timeout_seconds: Annotated[float, Field(ge=1, le=120)] = 15.0


class OutboxSettings(Section):
    """How letters leave the house, when, and how often it is tried. No authority names the figures: night is what notices to
    households usually spare, and an hour of growing pauses outlasts a gateway's restart."""

    mail: Literal["file", "smtp", "off"] = "file"
    sms: Literal["file", "http", "off"] = "file"
    """`file`: one file a letter under `outbox/` of the hotline's home, for another program to take; `off`: none is sent."""
    clear: bool = False
    """Files in clear instead of sealed, for a program without our key. Then the folder must be as safe as the database."""
    quiet_from: Clock = "21:00"
    quiet_to: Clock = "08:00"
    """Nobody is written to in between (local time); what is urgent goes all the same."""
    tries: Annotated[int, Field(ge=1, le=20)] = 6
    """Attempts before a letter waits for a person."""
    backoff_seconds: Annotated[list[Annotated[float, Field(ge=1, le=86_400)]], Field(min_length=1, max_length=20)] = [
        30, 120, 600, 1800, 3600,
    ]  # fmt: skip
    """Pauses after the first, second, … attempt."""
    signature: Annotated[str, Field(max_length=40)] = "【12348公共法律服务】"
    """Stands before every text message, as carriers ask."""
    discreet_flags: list[Annotated[str, Field(pattern=r"^R\d{2}$")]] = ["R02", "R03", "R04", "R09", "R11"]
    """Tickets with one of these risk flags (violence, minors, a crisis, secrets): the text to the caller says only that there
    is news, for others may read the phone."""
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Address and text of a letter that was sent or cancelled are erased after so many days; that it was sent stays."""
    smtp: SmtpSettings = SmtpSettings()
    gateway: SmsSettings = SmsSettings()

    @property
    def quiet(self) -> Window:
        """As the rules want it."""
        return window(f"{self.quiet_from}-{self.quiet_to}")

    @model_validator(mode="after")
    def _whole(self) -> OutboxSettings:
        if self.mail == "smtp" and not (self.smtp.host and self.smtp.sender):
            raise ValueError("outbox.mail = smtp needs outbox.smtp.host and outbox.smtp.sender")
        if self.sms == "http" and not self.gateway.url.startswith(("http://", "https://")):
            raise ValueError("outbox.sms = http needs outbox.gateway.url (http:// or https://)")
        return self
