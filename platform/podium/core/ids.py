"""Short public ids and secrets."""

from __future__ import annotations

import hashlib
import secrets

# No vowels (no words by accident), no look-alikes.
ALPHABET = "23456789bcdfghjkmnpqrstvwxz"


def public_id(length: int = 10) -> str:
    """A random id for an address; 10 characters are 47 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def secret(prefix: str) -> str:
    """A random secret with a prefix that scanners can find."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def salt() -> str:
    """256 random bits in hex, to hash beside what could be guessed."""
    return secrets.token_hex(32)


def fingerprint(text: str) -> str:
    """The sha256 of a secret, in hex: what is stored in its place."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
