"""Makes filled and scanned sheets with known truth, for tests and the bench; never part of the product.

sheet.py prints, hand.py says what a hand is, pens.py, third_hand.py and fourth_hand.py mark as people do, copier.py scans as copiers
do, piles.py puts whole piles together, verdicts.py holds what was read against what was meant.
"""
