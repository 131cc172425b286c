"""Runs one untrusted job with limits and brings its bounded answer back."""
