import signal

from bucketops import fast_synth

fast_synth.install()  # before anything imports cdktf: 2 s of tests instead of 30
# A shell without job control starts what runs in the background with SIGINT ignored, and every child inherits that:
# tests that press Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
