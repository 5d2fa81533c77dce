"""The commands, one module each: its arguments, and `run`, which answers the exit code.

What takes long to import (the store's library, the cluster's) is imported when a command runs, not before.
"""
