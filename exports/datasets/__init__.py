"""Datasets: an edition as files for an analyst, one file of this package for each format.

Everything starts from an edition's figures, which hold only what may be said; what is said of responses one by one is in
responses.py. The same arguments give the same bytes. docs/datasets.md describes the files to those who use them.
"""
