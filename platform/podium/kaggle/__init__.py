"""The wire protocol of the official ``kaggle`` command line, over Podium's own services.

Nothing is decided here: names and shapes are Kaggle's, rules and data are Podium's.
"""
