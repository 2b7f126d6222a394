"""Reads and runs IVR flows. No IO."""
