"""Builds and starts the real programs that the tests talk to; everything listens on loopback only."""
