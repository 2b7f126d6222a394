"""Mails by SMTP. The protocol has no key: a line that breaks between the last byte of a mail and the server's answer leaves
nobody who knows whether it was taken, so that is `unsure`. The `Message-ID` comes from the letter's key all the same: many
mailboxes show a doubled one once."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Final

from hotline.core.letters import Receipt
from hotline.outbox.port import Letter
from hotline.settings.outbox import SmtpSettings


class SmtpOutbox:
    """One connection a letter: letters are few, and a kept one goes stale."""

    once: Final = False

    def __init__(self, settings: SmtpSettings, context: Callable[[], ssl.SSLContext] = ssl.create_default_context) -> None:
        self._settings = settings
        self._context = context

    def send(self, letter: Letter) -> Receipt:
        """Up to the mail's text every failure is surely none; after it only an answer is."""
        try:
            text = self._message(letter).as_bytes(policy=SMTP)
        except ValueError:
            return Receipt("refused", "smtp.address")
        try:
            client = self._connect()
        except smtplib.SMTPAuthenticationError:
            return Receipt("again", "smtp.login")
        except (OSError, smtplib.SMTPException):
            return Receipt("again", "smtp.away")
        try:
            return self._hand_over(client, letter.to, text)
        finally:
            client.close()

    def _connect(self) -> smtplib.SMTP:
        asked = self._settings
        if asked.tls == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                asked.host, asked.port, timeout=asked.timeout_seconds, context=self._context()
            )
        else:
            client = smtplib.SMTP(asked.host, asked.port, timeout=asked.timeout_seconds)
        try:
            if asked.tls == "starttls":
                client.starttls(context=self._context())
            client.ehlo_or_helo_if_needed()
            if asked.username:
                client.login(asked.username, asked.password.get_secret_value())
        except BaseException:
            client.close()
            raise
        return client

    def _hand_over(self, client: smtplib.SMTP, to: str, text: bytes) -> Receipt:
        try:
            for code, _ in (client.mail(self._settings.sender), client.rcpt(to)):
                if code >= 400:
                    return _refused(code)
        except (OSError, smtplib.SMTPException):
            return Receipt("again", "smtp.away")
        try:
            code, answer = client.data(text)
        except smtplib.SMTPDataError as error:
            return _refused(error.smtp_code)  # it would not even take the text
        except (OSError, smtplib.SMTPException):
            return Receipt("unsure", "smtp.no_answer")
        if code != 250:
            return _refused(code)
        return Receipt("sent", reference=answer.decode("ascii", "replace")[:100])

    def _message(self, letter: Letter) -> EmailMessage:
        """Raises ValueError when something in it would break out of its header."""
        if not plain_address(letter.to):
            raise ValueError("address")
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = f"<{letter.name}@{self._settings.sender.partition('@')[2] or 'hotline.invalid'}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body, cte="base64")
        return message


def plain_address(text: str) -> bool:
    """Whether it is one ordinary mail address and nothing else."""
    name, at, domain = text.partition("@")
    odd = set(' \t\r\n<>()[]\\,;:"')
    return bool(at and name and "." in domain and not domain.startswith(".") and "@" not in domain) and not (
        odd & set(text) or len(text) > 200 or not text.isascii()
    )


def _refused(code: int) -> Receipt:
    return Receipt("again" if 400 <= code < 500 else "refused", f"smtp.{code}")
