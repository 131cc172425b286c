"""What metrics import as ``kaggle_metric_utilities``, by our own code.

Names and meaning are Kaggle's, so that a metric written for Kaggle runs unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


class ParticipantVisibleError(Exception):
    """Something that a participant can mend; its text is for them to read."""


class HostVisibleError(Exception):
    """Something that the host has to mend; its text is for the host alone."""


def treat_as_participant_error(message: str, solution: Any) -> bool:
    """Whether a message about an unforeseen error can be shown: it holds no label.

    It can where every column of ``solution`` holds numbers or truth values and the
    message has no digit and, with truth values, neither true nor false.
    """
    frame = solution if isinstance(solution, pd.DataFrame) else pd.DataFrame(solution)
    kinds = {dtype.kind for dtype in frame.dtypes}
    if not kinds <= set("iufb"):
        return False
    if "b" in kinds and re.search("true|false", message, re.IGNORECASE):
        return False
    return not any(character.isdigit() for character in message)


def safe_call_score(
    metric_function: Callable[..., Any], solution: Any, submission: Any, **keywords: Any
) -> Any:
    """The metric's value; an error that holds no label becomes a participant's.

    Raises ParticipantVisibleError, HostVisibleError, or what the function raised.
    """
    try:
        return metric_function(solution, submission, **keywords)
    except (ParticipantVisibleError, HostVisibleError):
        raise
    except Exception as error:
        if treat_as_participant_error(str(error), solution):
            raise ParticipantVisibleError(str(error)) from error
        raise


def verify_valid_probabilities(df: pd.DataFrame, df_name: str) -> None:
    """Raise ParticipantVisibleError unless all values are probabilities, row sums 1."""
    for name in df.columns:
        if not pd.api.types.is_numeric_dtype(df[name]):
            raise ParticipantVisibleError(
                f"All columns of {df_name} must be numeric, {name} is not."
            )
    if bool(df.isna().to_numpy().any()):
        raise ParticipantVisibleError(f"There is a missing value in {df_name}.")
    if df.min().min() < 0:
        raise ParticipantVisibleError(f"All values of {df_name} must be at least zero.")
    if df.max().max() > 1:
        raise ParticipantVisibleError(f"All values of {df_name} must be at most one.")
    if not np.allclose(df.sum(axis=1), 1):
        raise ParticipantVisibleError(f"The rows of {df_name} must add up to one.")
