"""The 12348 public legal-service hotline. See README.md, and docs/protocol.md for what the parts say to each other."""

__version__ = "0.1.0"
