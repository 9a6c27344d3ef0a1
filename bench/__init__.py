"""Speed, measured as ratios inside one run: these machines are noisy, so a figure alone says nothing.

`python -m bench [NAME …]` prints one line a figure and writes build/bench.json. Each figure is the median of at least
three alternating rounds of what is measured and what it is held against.
"""
