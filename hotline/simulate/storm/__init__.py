"""A storm: many callers who call again and again, a desk of many agents who do what people do, and parts of the hotline that
are killed meanwhile; everything drawn from one seed.

`plans.py` says who does what (tables of chances), `caller.py`, `agent.py` and `service.py` do it, `scene.py` is what they
share, `harm.py` breaks things, and when all is over `verdict.py` compares what was heard and done with what is on record.
What cannot be foretold call by call while parts are being killed is judged by rules: each record must tell what was heard
and done on the wire. A call is excused only when its own worker was killed by the storm.
"""
