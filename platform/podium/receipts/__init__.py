"""Receipts: what each score was, signed, and chained so that no board is rewritten silently."""
