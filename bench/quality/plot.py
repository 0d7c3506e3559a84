"""The curve as a picture: cut-offs against waiting, and cut-offs by the length of the pause."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from bench.quality import sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {sweep.ADAPTIVE: "#1b6ca8", sweep.FIXED: "#b0533c"}


def drawn(report: dict[str, Any]) -> bytes:
    """The picture, as SVG."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib.figure import Figure

    matplotlib.rcParams["svg.hashsalt"] = "voicegw"  # the same numbers give the same file
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _trade(left, report["curve"])
    _lengths(right, report["rule_alone"]["cut_offs"])
    picture = BytesIO()
    figure.savefig(picture, format="svg", metadata={"Date": None})
    return picture.getvalue()


def _trade(axes: "Axes", curve: list[dict[str, Any]]) -> None:
    points = [point for point in curve if point["wait_ms"] and point["cut_short"] is not None]
    for series, colour in _COLOURS.items():
        swept = [point for point in points if point["series"] == series]
        waits = [point["wait_ms"]["p50"] for point in swept]
        cuts = [point["cut_short"] * 100 for point in swept]
        axes.plot(waits, cuts, "o-", color=colour, label=series)
        for wait, cut, point in zip(waits, cuts, swept, strict=True):
            number = point["setting"].split()[1]
            axes.annotate(number, (wait, cut), textcoords="offset points", xytext=(6, 5), fontsize=8, color=colour)
    for point in points:
        if point["series"] == sweep.AS_GIVEN:
            axes.plot(point["wait_ms"]["p50"], point["cut_short"] * 100, "k*", markersize=13, label="the policy")
    axes.add_patch(_goal(axes))
    axes.set(
        xlabel="median wait on complete sentences, ms",
        ylabel="mid-clause pauses up to 1.2 s cut off, %",
        title="Cut off, or kept waiting (patience or silence in ms)",
        xlim=(0, None),
        ylim=(-3, 103),
    )
    axes.grid(alpha=0.3)
    axes.legend()


def _goal(axes: "Axes") -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((0, -3), 450, 8, color="#4c9a52", alpha=0.25, label="goal", transform=axes.transData)


def _lengths(axes: "Axes", found: dict[str, Any]) -> None:
    for kind, style in (("mid-clause", "o-"), ("clause-end", "s--")):
        shares = found[kind]["by_seconds"]
        lengths = sorted(shares, key=float)
        cuts = [shares[length]["share"] * 100 for length in lengths]
        axes.plot([float(length) for length in lengths], cuts, style, label=kind)
    axes.set(
        xlabel="length of the pause, s",
        ylabel="cut off, %",
        title="By length of the pause",
        ylim=(-3, 103),
    )
    axes.grid(alpha=0.3)
    axes.legend()
