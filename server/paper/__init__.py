"""Questionnaires on paper: the sheet, its layout, piles of it, and the page that goes on top of a pile."""
