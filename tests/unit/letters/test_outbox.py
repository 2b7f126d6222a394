"""Ways of sending: what each knows after every kind of failure. SMTP and HTTP are spoken for real on the loopback."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from hotline.core.letters import Receipt
from hotline.outbox import Letter, adapters
from hotline.outbox.files import FileOutbox, read
from hotline.outbox.gateway import GatewayOutbox
from hotline.outbox.smtp import SmtpOutbox, plain_address
from hotline.secrecy import Secrecy
from hotline.settings.outbox import OutboxSettings, SmsSettings, SmtpSettings

pytestmark = pytest.mark.unit

SECRECY = Secrecy(bytes(32))
SMS = Letter("papers:1", "sms", "13812345678", "补正", "请补交身份证明", "papers", "20261122-0001-22", "138****5678")
MAIL = replace(SMS, channel="mail", to="wang@example.com")


# files


def test_a_letter_written_often_is_one_file(tmp_path: Path) -> None:
    box = FileOutbox(tmp_path, SECRECY)
    receipts = {box.send(SMS) for _ in range(3)}
    assert {receipt.handed for receipt in receipts} == {"sent"}
    (path,) = (tmp_path / "sms").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    opened = read(path, SECRECY)
    assert (opened["to"], opened["body"], opened["ticket"]) == (SMS.to, SMS.body, SMS.number)
    raw = path.read_text("utf-8")
    assert SMS.to not in raw
    assert SMS.body not in raw


def test_many_at_once_write_one_file(tmp_path: Path) -> None:
    box = FileOutbox(tmp_path, SECRECY)
    threads = [threading.Thread(target=box.send, args=(SMS,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list((tmp_path / "sms").iterdir())) == 1


def test_what_a_dead_one_left_half_written_goes(tmp_path: Path) -> None:
    box = FileOutbox(tmp_path, SECRECY)
    folder = tmp_path / "sms"
    folder.mkdir()
    (folder / f".{SMS.name}.999").write_text('{"half')
    assert box.send(SMS).handed == "sent"
    assert [path.name for path in folder.iterdir()] == [f"{SMS.name}.json"]


def test_what_was_taken_away_is_not_written_again(tmp_path: Path) -> None:
    box = FileOutbox(tmp_path, None)
    box.send(SMS)
    taken = tmp_path / "sms" / "taken"
    taken.mkdir()
    (tmp_path / "sms" / f"{SMS.name}.json").rename(taken / f"{SMS.name}.json")
    assert box.send(SMS).handed == "sent"
    assert not list((tmp_path / "sms").glob("*.json"))
    assert read(taken / f"{SMS.name}.json", SECRECY)["to"] == SMS.to  # in clear: asked for


def test_a_disk_that_refuses_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "sms").write_text("a file where the folder should be")
    assert FileOutbox(tmp_path, SECRECY).send(SMS).handed == "again"


# SMTP: a server that can break off anywhere


@contextmanager
def smtp(answers: dict[str, bytes | None]) -> Iterator[tuple[int, list[bytes]]]:
    """A server on the loopback. `answers`: what it says to a command (`.` ends the text); None: it hangs up instead."""
    got: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(10)

    def talk() -> None:
        try:
            line, _ = server.accept()
        except OSError:
            return
        with line, line.makefile("rb") as lines:
            line.sendall(b"220 here\r\n")
            text = False
            for raw in lines:
                if text:
                    got[-1] += raw
                    if raw != b".\r\n":
                        continue
                    text, word = False, "."
                else:
                    word = raw.split()[0].decode().upper()
                    if word == "DATA":
                        got.append(b"")
                answer = answers.get(word, {"EHLO": b"250 ok", "DATA": b"354 go", "QUIT": b"221 bye"}.get(word, b"250 ok"))
                if answer is None:
                    return
                text = word == "DATA" and answer.startswith(b"354")
                line.sendall(answer + b"\r\n")

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], got
    finally:
        server.close()
        thread.join(10)


@pytest.mark.parametrize(
    ("answers", "receipt"),
    [
        ({}, ("sent", "")),
        ({"RCPT": b"550 nobody here"}, ("refused", "smtp.550")),
        ({"RCPT": b"450 later"}, ("again", "smtp.450")),
        ({"MAIL": None}, ("again", "smtp.away")),
        ({"DATA": b"452 full"}, ("again", "smtp.452")),
        ({".": b"554 no"}, ("refused", "smtp.554")),
        ({".": None}, ("unsure", "smtp.no_answer")),  # the one that nobody can know
        ({"EHLO": b"421 busy", "HELO": b"421 busy"}, ("again", "smtp.away")),
    ],
)
def test_smtp_knows_what_it_can_know(answers: dict[str, bytes | None], receipt: tuple[str, str]) -> None:
    with smtp(answers) as (port, got):
        box = SmtpOutbox(SmtpSettings(host="127.0.0.1", port=port, tls="none", sender="hotline@example.com", timeout_seconds=5))
        found = box.send(MAIL)
    assert (found.handed, found.code) == receipt
    if found.handed == "sent":
        (text,) = got
        assert f"Message-ID: <{MAIL.name}@example.com>".encode() in text
        assert b"To: wang@example.com" in text


def test_no_server_is_tried_again_and_a_wrong_address_is_not() -> None:
    box = SmtpOutbox(SmtpSettings(host="127.0.0.1", port=1, tls="none", sender="a@example.com", timeout_seconds=1))
    assert box.send(MAIL) == Receipt("again", "smtp.away")
    assert box.send(replace(MAIL, to="a@b.c\r\nBcc: all@example.com")).handed == "refused"
    assert box.send(replace(MAIL, subject="a\r\nBcc: all@example.com")).handed == "refused"


@pytest.mark.parametrize("text", ["", "a", "a@b", "@b.c", "a@.c", "a b@c.d", "a@b@c.d", "a@b.c,d@e.f", "<a@b.c>", "王@b.c"])
def test_no_address(text: str) -> None:
    assert not plain_address(text)


# the gateway


def gateway(answer: Callable[[httpx.Request], httpx.Response], **asked: Any) -> GatewayOutbox:
    return GatewayOutbox(SmsSettings(url="http://gateway.test/send", **asked), httpx.MockTransport(answer))


def raising(error: type[Exception]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("broken")

    return answer


def saying(status: int, body: Any = None) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json=body)


@pytest.mark.parametrize(
    ("answer", "keeps", "forgets"),
    [
        (saying(200), "sent", "sent"),
        (saying(202), "sent", "sent"),
        (saying(302), "refused", "refused"),
        (saying(400), "refused", "refused"),
        (saying(401), "refused", "refused"),
        (saying(429), "again", "again"),
        (saying(503), "again", "again"),
        (saying(500), "again", "unsure"),
        (saying(504), "again", "unsure"),
        (raising(httpx.ConnectError), "again", "again"),
        (raising(httpx.ConnectTimeout), "again", "again"),
        (raising(httpx.ReadTimeout), "again", "unsure"),
        (raising(httpx.RemoteProtocolError), "again", "unsure"),
    ],
)
def test_the_gateway_knows_what_it_can_know(answer: Any, keeps: str, forgets: str) -> None:
    assert gateway(answer, keeps_keys=True).send(SMS).handed == keeps
    assert gateway(answer).send(SMS).handed == forgets


def test_the_key_goes_with_every_attempt_and_the_answer_is_read() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"Code": "OK" if len(seen) < 2 else "LIMIT"})

    box = gateway(answer, token="secret", text_field="Msg", extra={"Template": "T1"}, ok_field="Code", ok_value="OK")
    assert box.send(SMS).handed == "sent"
    assert box.send(SMS) == Receipt("refused", "gateway.said_no")
    assert {request.headers["Idempotency-Key"] for request in seen} == {SMS.name}
    assert seen[0].headers["Authorization"] == "Bearer secret"
    assert json.loads(seen[0].content) == {"Template": "T1", "to": SMS.to, "Msg": SMS.body, "key": SMS.name}
    long = gateway(lambda request: httpx.Response(200, content=b"x" * 200_000), ok_field="Code", ok_value="OK")
    assert long.send(SMS).handed == "unsure"


# choosing


def test_settings_choose_the_way(tmp_path: Path) -> None:
    found = adapters(OutboxSettings(), tmp_path, SECRECY)
    assert {type(way).__name__ for way in found.values()} == {"FileOutbox"}
    assert all(way.once for way in found.values())
    off = adapters(OutboxSettings(sms="off"), tmp_path, SECRECY)["sms"]
    assert off.send(SMS) == Receipt("refused", "outbox.off")
    asked = OutboxSettings(
        mail="smtp", smtp=SmtpSettings(host="h", sender="a@b.c"), sms="http", gateway=SmsSettings(url="https://g")
    )
    found = adapters(asked, tmp_path, SECRECY)
    assert {name: way.once for name, way in found.items()} == {"mail": False, "sms": False}
    for wrong in ({"mail": "smtp"}, {"sms": "http"}, {"quiet_from": "25:00"}):
        with pytest.raises(ValueError, match=r"outbox|quiet_from"):
            OutboxSettings(**wrong)  # type: ignore[arg-type]


def test_a_letter_says_nothing_when_printed() -> None:
    assert SMS.to not in repr(SMS)
    assert SMS.body not in f"{SMS}"
    assert os.path.basename(SMS.name) == SMS.name
