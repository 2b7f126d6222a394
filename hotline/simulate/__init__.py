"""Simulated callers, agents, agents' phones and experts, who speak real SIP and RTP from a process of their own.

For tests and benches (asyncio, e.g. pytest with `asyncio_mode = auto`):

    from hotline.simulate.people.carrier import SimCarrier      # callers and experts live behind it
    from hotline.simulate.people.expert import SimExpert
    from hotline.simulate.people.phone import SimPhone          # a desk phone
    from hotline.simulate.people.agent import SimAgent          # a console (HTTP API and feed) with a phone
    from hotline.simulate.people.console import Console

    carrier = SimCarrier(edge=("127.0.0.1", 5060), port=5090)
    await carrier.start()
    expert = carrier.add_expert(SimExpert("13900010001", "accepts", voice=10))
    phone = SimPhone("8001", "secret", edge=("127.0.0.1", 5060), domain="hotline.local", voice=1)
    agent = SimAgent(Console("http://127.0.0.1:8348", "desk1", "…"), phone)
    await agent.start()

    caller = carrier.caller("13812340001", voice=21)            # dtmf="inband", codecs=("pcmu",) …
    assert await carrier.dial(caller) == 200                    # or the refusal's status, 0 for silence
    call_id = await agent.accept((await agent.offer(caller.masked, timeout=30))["offer_id"])
    ring = await phone.rings(timeout=5)
    assert await caller.hears(phone.voice, timeout=8)           # who hears whom, told by pairs of tones
    assert await ring.call.hears(caller.voice, timeout=8)
    await agent.hang_up(call_id)
    await caller.press("5")
    assert await caller.ended(20)
    await agent.close(); await carrier.close()

Every one of them has a :class:`~hotline.simulate.sip_agent.SipAgent` as `.agent`; `.agent.mischief` loses messages on
demand, `leg.send_ack = False`, `stream.muted`, `stream.loss`, `stream.new_ssrc()` and `send_raw` do worse.
`caller.ear` tells what was heard: `voices_heard()`, `gaps`, `longest_quiet()`, `reception`, `digits`.

`runner.run` plays the scenarios of `scenarios.py` against the demo city (`hotline simulate`); `trickle.main` is the
demo's own life.
"""
