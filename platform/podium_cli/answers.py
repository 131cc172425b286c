"""Reads what a server answered: JSON, or an error with the server's sentence."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx

from podium_cli.errors import NotLoggedIn, PodiumError, Refused, Unreachable


def read_json(url: str, answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object (empty for 204); raises what the server refused."""
    if not answer.is_success:
        raise refusal(url, answer)
    if answer.status_code == httpx.codes.NO_CONTENT:
        return {}
    data = _object(answer)
    if data is None:
        raise _no_podium(url, answer)
    return data


def refusal(url: str, answer: httpx.Response) -> PodiumError:
    """The error that an answer without success stands for. Its body must be read."""
    data = _object(answer)
    if data is None or not isinstance(data.get("detail"), str):
        return _no_podium(url, answer)
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return NotLoggedIn(f"{data['detail']} To log in: podium login {url}")
    fields = data.get("fields")
    return Refused(
        data["detail"],
        status=answer.status_code,
        kind=str(data.get("kind", "refused")),
        fields=fields if isinstance(fields, dict) else None,
        retry_after_s=_retry_after(answer),
    )


def unreachable(url: str, error: httpx.HTTPError) -> Unreachable:
    """The sentence for a connection that failed."""
    if isinstance(error, httpx.TimeoutException):
        return Unreachable(f"{url} did not answer in time. Try again in a moment.")
    reason = str(error).strip().rstrip(".") or type(error).__name__
    return Unreachable(
        f"{url} can't be reached ({reason}). Check the address and your connection."
    )


def _no_podium(url: str, answer: httpx.Response) -> Unreachable:
    if answer.is_redirect:
        return Unreachable(
            f"{url} sends us on to {answer.headers.get('Location', 'another address')}. "
            "Log in there, if that is your Podium."
        )
    return Unreachable(
        f"{url} answered with status {answer.status_code}, but not as a Podium does. "
        "Check the address; if it is right, the server is not well at the moment."
    )


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        data = answer.json()
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _retry_after(answer: httpx.Response) -> float | None:
    seconds = answer.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else None
