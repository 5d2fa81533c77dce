"""The publisher: every publish is one atomic switch of an S3 bucket to an immutable release. `python -m upload`."""
