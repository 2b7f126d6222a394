"""One bare worker, the yardstick: PJSIP bridges and records two legs, and nothing else is there.

    python benchmarks/bare_worker.py SIP_PORT RTP_PORT PEER_SIP_ADDRESS FOLDER

Answers the first INVITE, calls `sip:bare@PEER`, bridges the two, records both legs, and polls as the product's workers do.
No Redis, no journal, no watchdog, no edge. Ends when a leg ends.
"""

from __future__ import annotations

import ctypes
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hotline.core.conversations import events as ev
from hotline.telephony.endpoint import Endpoint
from hotline.telephony.events import IncomingCall
from hotline.telephony.legs import MediaChanged
from hotline.telephony.media import Media


def main() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # never outlives the measurement
    sip_port, rtp_port, peer, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    endpoint = Endpoint(sip_port=sip_port, rtp_port=rtp_port, inside_proxy=f"<sip:{peer};lr>", identity="<sip:bare@127.0.0.1>")
    media = Media(endpoint, folder / "none.wav")
    (folder / f"{sip_port}.ready").touch()  # the library writes to standard output, so words are files
    while True:
        endpoint.poll(0.25)
        while endpoint.events:
            event = endpoint.events.popleft()
            if isinstance(event, IncomingCall):
                endpoint.answer()
                endpoint.dial("peer", f"sip:bare@{peer}", identity="<sip:bare@127.0.0.1>")
            elif isinstance(event, MediaChanged):
                media.changed(event.leg)
            elif isinstance(event, ev.LegAnswered):
                media.bridge("caller", "peer")
                media.record("r", "caller", "peer", folder / f"{sip_port}.caller.wav", folder / f"{sip_port}.peer.wav")
                (folder / f"{sip_port}.bridged").touch()
            elif isinstance(event, ev.LegEnded):
                endpoint.close()
                return


if __name__ == "__main__":
    main()
