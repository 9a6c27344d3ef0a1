"""Makes filled and scanned sheets with known truth, for tests and the bench; never part of the product.

sheet.py prints, pens.py marks as people do, copier.py scans as copiers do, piles.py puts whole piles together.
"""
