"""Forms and the faults that services find in them."""

from __future__ import annotations

from flask_wtf import FlaskForm

from podium.core.errors import PodiumError


def show_faults(form: FlaskForm, error: PodiumError) -> None:
    """Put a service's faults beside the fields they belong to, the rest above the form."""
    form.form_errors = []
    placed = False
    for name, sentence in error.fields.items():
        if name in form:
            form[name].errors = [*form[name].errors, sentence]
            placed = True
    if not placed:
        form.form_errors = [error.sentence]


def text(form: FlaskForm, name: str) -> str:
    """A field's text; empty where it was not sent. NUL is left out: no form can type it,
    and PostgreSQL stores none."""
    return str(form[name].data or "").replace("\0", "")
