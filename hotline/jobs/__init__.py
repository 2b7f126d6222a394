"""After-call work: archive facts, seal recordings, finish calls."""
