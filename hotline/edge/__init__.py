"""The SIP and media edge: renders and runs Kamailio and rtpengine.

`kamailio` and `rtpengine` write the configurations and give the command lines; whoever supervises starts them.
`rpc` talks to the running Kamailio; `trunks` turns the trunk settings into conditions.
"""
