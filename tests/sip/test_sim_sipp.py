"""The simulator's user agent against SIPp: another stack, with Record-Route, digest and retransmissions of its own."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from hotline.simulate import clips
from hotline.simulate.call import SimCall
from hotline.simulate.people.phone import SimPhone
from hotline.simulate.sip_agent import SipAgent
from hotline.simulate.sip_leg import SipLeg
from tests.ports import free_block, free_port

pytestmark = [pytest.mark.sip, pytest.mark.skipif(shutil.which("sipp") is None, reason="needs SIPp (Debian: sip-tester)")]

SDP = """v=0
o=u 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
"""

ANSWERS = """      [last_Via:]
      [last_From:]
      [last_To:]{tag}
      [last_Call-ID:]
      [last_CSeq:]
"""


def send(text: str, **options: str) -> str:
    attributes = "".join(f' {name}="{value}"' for name, value in options.items())
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    return f"<send{attributes}><![CDATA[\n{lines}\n\n]]></send>"


def answer(status: str, *, tag: str = ";tag=sipp[call_number]", more: str = "", sdp: bool = False) -> str:
    head = f"SIP/2.0 {status}\n{ANSWERS.format(tag=tag)}{more}"
    body = f"Content-Type: application/sdp\nContent-Length: [len]\n\n{SDP}" if sdp else "Content-Length: 0\n"
    return send(head + body)


def receive(what: str, regexp: str = "", header: str = "", **options: str) -> str:
    """`<recv>`; with `regexp` the message must match in `header`, or the scenario fails."""
    attributes = "".join(f' {name}="{value}"' for name, value in options.items())
    if not regexp:
        return f"<recv {what}{attributes}/>"
    where = f'search_in="hdr" header="{header}"' if header else 'search_in="msg"'
    check = f'<action><ereg regexp={quoteattr(regexp)} {where} check_it="true" assign_to="1"/></action>'
    return f"<recv {what}{attributes}>{check}</recv>"


def scenario(path: Path, *steps: str) -> Path:
    """Write a scenario file; the variable is mentioned so that SIPp does not complain of its not being used."""
    reference = '<Reference variables="1"/>' if any('assign_to="1"' in step for step in steps) else ""
    text = '<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="s">\n' + "\n".join(steps) + f"\n{reference}\n</scenario>\n"
    path.write_text(text, "utf-8")
    return path


class Sipp:
    """One SIPp process. `done()` gives its exit code and what it complained of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: asyncio.subprocess.Process

    async def start(self, file: Path, *arguments: str) -> None:
        self.process = await asyncio.create_subprocess_exec(
            "sipp", "-sf", str(file), "-i", "127.0.0.1", "-p", str(self.port), "-m", "1", "-nostdin", "-timeout", "15",
            "-timeout_error", "-trace_err", "-error_file", str(self.folder / "errors.log"), "-mp", str(free_block(4)),
            *arguments, cwd=self.folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def done(self) -> tuple[int, str]:
        async with asyncio.timeout(20):
            code = await self.process.wait()
        log = self.folder / "errors.log"
        return code, log.read_text("utf-8", "replace")[-1500:] if log.exists() else ""

    async def listening(self) -> None:
        """Wait until the port is taken."""
        async with asyncio.timeout(5):
            while True:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                    try:
                        sock.bind(("127.0.0.1", self.port))
                    except OSError:
                        return
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@pytest.fixture
async def sipp(tmp_path: Path) -> AsyncIterator[Sipp]:
    process = Sipp(tmp_path)
    yield process
    await process.close()


@pytest.fixture
async def agent() -> AsyncIterator[SipAgent]:
    own = SipAgent()
    await own.start()
    yield own
    await own.close()


async def test_calls_through_two_record_routes(sipp: Sipp, agent: SipAgent, tmp_path: Path) -> None:
    """ACK and BYE must carry the route set reversed, go to its first hop, and name the Contact as target."""
    routes = "Record-Route: <sip:127.0.0.1:9;lr>\nRecord-Route: <sip:127.0.0.1:[local_port];lr;n=1>\n"
    contact = "Contact: <sip:target@127.0.0.1:9>\n"
    ordered = r"Route: <sip:127.0.0.1:[0-9]+;lr;n=1>.*Route: <sip:127.0.0.1:9;lr>"
    file = scenario(
        tmp_path / "uas.xml",
        receive('request="INVITE"'),
        answer("100 Trying", tag=""),
        answer("180 Ringing", more=contact + routes),
        answer("200 OK", more=contact + routes, sdp=True).replace("<send", '<send retrans="300"'),
        receive('request="ACK"', r"ACK sip:target@127.0.0.1:9 SIP/2.0.*" + ordered),
        receive('request="INFO"', "Signal=5"),
        answer("200 OK", tag=""),
        receive('request="BYE"', r"BYE sip:target@127.0.0.1:9 SIP/2.0.*" + ordered),
        answer("200 OK", tag=""),
    )
    await sipp.start(file)
    await sipp.listening()
    call = SimCall(agent, voice=clips.voice(20), dtmf="info_relay")
    leg = call.call(f"sip:12348@127.0.0.1:{sipp.port}")
    assert await leg.answered(5) == 200
    assert "ringing" in leg.times
    await call.press("5")
    call.hang_up()
    assert await sipp.done() == (0, "")


async def test_is_called_and_hung_up_on(sipp: Sipp, agent: SipAgent, tmp_path: Path) -> None:
    """SIPp as caller behind a proxy that records its route: our answers must repeat it."""
    legs: list[SimCall] = []

    async def invited(leg: SipLeg) -> None:
        call = SimCall(agent, voice=clips.voice(3))
        call.take(leg)
        legs.append(call)
        leg.ring()
        call.answer()

    agent.on_invite = invited
    head = """Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch=[branch]
From: <sip:c@127.0.0.1:[local_port]>;tag=c[call_number]
To: <sip:bob@127.0.0.1:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: {seq}
Contact: <sip:c@127.0.0.1:[local_port]>
Max-Forwards: 70
"""
    record = "Record-Route: <sip:127.0.0.1:[local_port];lr;r2=on>\n"
    invite = f"INVITE sip:bob@127.0.0.1:[remote_port] SIP/2.0\n{head.format(tag='', seq='1 INVITE')}{record}"
    ack = f"ACK [next_url] SIP/2.0\n{head.format(tag='[peer_tag_param]', seq='1 ACK')}Content-Length: 0\n"
    options = f"OPTIONS [next_url] SIP/2.0\n{head.format(tag='[peer_tag_param]', seq='2 OPTIONS')}Content-Length: 0\n"
    bye = f"BYE [next_url] SIP/2.0\n{head.format(tag='[peer_tag_param]', seq='3 BYE')}Content-Length: 0\n"
    file = scenario(
        tmp_path / "uac.xml",
        send(f"{invite}Content-Type: application/sdp\nContent-Length: [len]\n\n{SDP}", retrans="500"),
        receive('response="100"', optional="true"),
        receive('response="180"', r"<sip:127.0.0.1:[0-9]+;lr;r2=on>", "Record-Route:"),
        receive('response="200"', r"<sip:127.0.0.1:[0-9]+;lr;r2=on>", "Record-Route:", rrs="true"),
        send(ack),
        send(options, retrans="500"),
        receive('response="200"'),
        '<pause milliseconds="300"/>',
        send(bye, retrans="500"),
        receive('response="200"'),
    )
    await sipp.start(file, f"127.0.0.1:{agent.port}")
    assert await sipp.done() == (0, "")
    assert await legs[0].ended(2)
    assert legs[0].leg.end.how == "bye"  # type: ignore[union-attr]
    assert legs[0].leg.route_set == [f"<sip:127.0.0.1:{sipp.port};lr;r2=on>"]
    assert legs[0].stream.sent > 5


async def test_cancel_against_sipp(sipp: Sipp, agent: SipAgent, tmp_path: Path) -> None:
    file = scenario(
        tmp_path / "cancel.xml",
        receive('request="INVITE"'),
        answer("180 Ringing"),
        receive('request="CANCEL"'),
        answer("200 OK"),
        send(
            "SIP/2.0 487 Request Terminated\nVia: SIP/2.0/UDP 127.0.0.1:[remote_port];branch=[$2]\n"
            "[last_From:]\n[last_To:];tag=sipp[call_number]\n[last_Call-ID:]\nCSeq: [$3] INVITE\nContent-Length: 0\n",
            retrans="300",
        ),
        receive('request="ACK"'),
    )
    # The 487 answers the INVITE, but SIPp's [last_…] are the CANCEL's by then: branch and CSeq number are kept.
    text = file.read_text("utf-8").replace(
        '<recv request="INVITE"/>',
        '<recv request="INVITE"><action><ereg regexp="branch=([^;]*)" search_in="hdr" header="Via:" assign_to="1,2"/>'
        '<ereg regexp="([0-9]+) INVITE" search_in="hdr" header="CSeq:" assign_to="1,3"/></action></recv>',
    )
    file.write_text(text.replace("</scenario>", '<Reference variables="1,2,3"/></scenario>'), "utf-8")
    await sipp.start(file)
    await sipp.listening()
    call = SimCall(agent)
    leg = call.call(f"sip:12348@127.0.0.1:{sipp.port}")
    assert await leg.ringing(5)
    call.hang_up()
    assert await call.ended(3)
    assert (leg.end.how, leg.end.status) == ("cancel", 487)  # type: ignore[union-attr]
    assert await sipp.done() == (0, "")


async def test_registers_at_sipp_with_digest(sipp: Sipp, tmp_path: Path) -> None:
    """SIPp checks the digest with its own code."""
    challenge = 'WWW-Authenticate: Digest realm="test", nonce="n0nce", algorithm=MD5, qop="auth"\n'
    file = scenario(
        tmp_path / "registrar.xml",
        receive('request="REGISTER"'),
        answer("401 Unauthorized", more=challenge),
        '<recv request="REGISTER"><action><verifyauth assign_to="1" username="8001" password="secret"/></action></recv>',
        '<nop next="9" test="1"/>',
        answer("403 Forbidden"),
        '<nop next="10"/>',
        '<label id="9"/>',
        answer("200 OK", more="[last_Contact:];expires=60\n"),
        '<label id="10"/>',
    )
    await sipp.start(file)
    await sipp.listening()
    phone = SimPhone("8001", "secret", edge=("127.0.0.1", sipp.port), domain="test")
    await phone.start()
    assert phone.registered_until > 0
    assert (await sipp.done())[0] == 0
    await phone.agent.close()
