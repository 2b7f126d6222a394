"""Renders and runs Kamailio and rtpengine."""
