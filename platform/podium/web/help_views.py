"""Help: the guides, and a page for each metric."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from podium.core.errors import NotFound
from podium.web import guides
from podium_scorer.catalogue import (
    METRICS,
    Family,
    find_metric,
    nearest_metrics,
    search_metrics,
)

bp = Blueprint("help", __name__, template_folder="templates")


@bp.get("/help")
def index() -> ResponseReturnValue:
    """Which guide do I need?"""
    return render_template("web/help.html", guides=guides.all_guides(), metrics=METRICS)


@bp.get("/help/<name>")
def guide(name: str) -> ResponseReturnValue:
    """One guide."""
    found = guides.guide(name.removesuffix(".md"))
    return render_template("web/guide.html", guide=found, guides=guides.all_guides())


@bp.get("/help/metrics")
def metrics() -> ResponseReturnValue:
    """How are submissions judged? ``q`` holds words to look for."""
    query = request.args.get("q", "").strip()[:100]
    found = search_metrics(query)
    families = {
        family: [info for info in found if info.family is family] for family in Family
    }
    return render_template(
        "web/metrics.html",
        families={family: infos for family, infos in families.items() if infos},
        query=query,
        found=len(found),
        near=[] if found else [find_metric(name) for name in nearest_metrics(query)],
    )


@bp.get("/help/metrics/<name>")
def metric(name: str) -> ResponseReturnValue:
    """What does this metric measure, and what exactly is computed?"""
    try:
        info = find_metric(name)
    except KeyError as error:
        near = nearest_metrics(name)
        hint = f" Did you mean “{near[0]}”?" if near else " See the list of metrics."
        raise NotFound(f"There is no metric “{name[:80]}”.{hint}") from error
    if info.name != name:
        return redirect(url_for("help.metric", name=info.name))
    return render_template("web/metric.html", info=info)
