"""Side-by-side benchmarks: `make bench`, or `python -m bench [NAME...]`. What they found is in docs/performance.md."""
