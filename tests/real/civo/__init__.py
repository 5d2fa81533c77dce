"""An emulator of the Civo REST API, as far as its Terraform provider uses it, and the quirks that hurt.

Where the real behaviour is known from reports only, a comment says so. `server.py` is the way in.
"""
