"""Charts: curves over an axis, dots and bars, for trainings and other measurements."""

import itertools

import numpy as np
from matplotlib.ticker import MaxNLocator

from utils.plots.style import (
    BESIDE,
    BLACK,
    BLUE,
    COLOURS,
    GREY,
    VERMILION,
    as_text,
    check_levels,
    check_not_empty,
    finish,
    legend,
    new_figure,
)
from utils.validation import choice, plain_array, real_array


def lines(
    curves,
    *,
    x=None,
    dots=(),
    marks=(),
    marks_below=(),
    among=(),
    xlabel="",
    ylabel="",
    title="",
    height=4.2,
    shows="",
    **axes,
):
    """Draw curves over a common axis.

    Args:
        curves: Name -> values (n,), or name -> (x, values) for a curve with an axis of its own.
        x: (n,), numbers or dates, the common axis; by default 0, 1, 2, ...
        dots: Names of the curves that are drawn as points.
        marks: Points (x, y, text); the text stands above the point.
        marks_below: Points (x, y, text) with the text below.
        among: The names of another figure, in its order: each curve gets the colour that it has there.
        xlabel, ylabel, title: Words on the figure.
        height: Of the figure, in inches.
        shows: A description of the picture, for readers who cannot see it.
        axes: Settings such as xlim, ylim, yscale, as in `Axes.set`.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For a curve that is not `among` those names.

    Introduced in notebook 01.
    """
    check_not_empty("curves", curves)
    solid = [name for name in curves if name not in dots]
    if among and (strange := [name for name in solid if name not in among]):
        raise ValueError(f"among must hold the names of all curves, and {strange[0]!r} is not in {list(among)}")
    colour_of = dict(zip(among or solid, itertools.cycle(COLOURS)))
    curves = {name: _with_positions(values, x) for name, values in curves.items()}
    figure, ax = new_figure(height)
    named = []
    for order, (name, (positions, values)) in enumerate(curves.items()):
        if name in dots:
            look = dict(color=GREY, markersize=4 if len(values) > 30 else 11, zorder=1)
            named += ax.plot(positions, values, "o", label=name, **look)
        else:
            named += ax.plot(positions, values, color=colour_of[name], label=name, zorder=2 + order)
    above, below = dict(xytext=(0, 14), ha="center"), dict(xytext=(8, -22), ha="left")
    places = [(mark, above) for mark in marks] + [(mark, below) for mark in marks_below]
    for (mark_x, mark_y, text), place in places:
        ax.plot(mark_x, mark_y, "o", color=BLACK, markersize=9, zorder=20)
        ax.annotate(text, (mark_x, mark_y), textcoords="offset points", zorder=20, **place)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, **axes)
    if len(curves) > 1:
        legend(ax, named, **BESIDE, borderaxespad=0.2)
    marked = "".join(f"; marked: {text}" for (*_, text), _ in places if text)
    return finish(figure, f"Lines over {xlabel or 'position'}: {', '.join(curves)}{marked}", shows, title)


def panels(curves, *, kind="line", xlabel="", ylabel="", title="", height=3.4, shows="", **axes):
    """Draw small plots side by side, with one or several curves in each.

    Args:
        curves: Name of the panel -> values, or -> {label: values} for several curves. The values are an array (n,), or
            (x, values) for a curve with an axis of its own; x may be strings for kind="bar".
        kind: "line" or "bar".
        xlabel, ylabel, title: Words on the figure.
        height: Of the figure, in inches.
        shows: A description of the picture, for readers who cannot see it.
        axes: Settings such as ylim for all panels, as in `Axes.set`.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For another kind, and without a panel.

    Introduced in notebook 01.
    """
    check_not_empty("curves", curves)
    kind = choice("kind", kind, ("line", "bar"))
    several_of = {name: values if isinstance(values, dict) else {"": values} for name, values in curves.items()}
    several_of = {name: {k: _with_positions(v) for k, v in several.items()} for name, several in several_of.items()}
    figure, axs = new_figure(height, columns=len(curves), title=title, sharey=True, squeeze=False)
    for ax, (name, several) in zip(axs[0], several_of.items()):
        named = []
        for label, (positions, series) in several.items():
            if kind == "bar":
                ax.bar(positions, series, color=BLUE)
            else:
                named += ax.plot(positions, series, label=label)
            if np.asarray(positions).dtype.kind in "iu":
                ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        ax.set(title=name, xlabel=xlabel, **axes)
        if len(named) > 1:
            legend(ax, named)
    axs[0, 0].set_ylabel(ylabel)
    return finish(figure, f"{ylabel} over {xlabel}, one panel each: {', '.join(curves)}", shows, title)


def descent(loss, paths, *, xlabel="", ylabel="", title="", height=3.4, shows="", **axes):
    """Draw gradient descent with one weight: the loss as a curve, every step as a dot on it, a panel for each path.

    Args:
        loss: A function of the weight.
        paths: Name -> weights, from the start of the descent to its end. Steps that leave the panel are not drawn.
        xlabel, ylabel, title: Words on the figure.
        height: Of the figure, in inches.
        shows: A description of the picture, for readers who cannot see it.
        axes: Settings such as ylim for all panels, as in `Axes.set`.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: Without a path.

    Introduced in notebook 01.
    """
    check_not_empty("paths", paths)
    paths = {name: real_array(f"path {name!r}", path, [("steps",)]) for name, path in paths.items()}
    figure, axs = new_figure(height, columns=len(paths), title=title, sharex=True, sharey=True, squeeze=False)
    low, high = min(map(min, paths.values())), max(map(max, paths.values()))
    weights = np.linspace(low - 0.05 * (high - low), high + 0.05 * (high - low), 200)
    beside = dict(textcoords="offset points", xytext=(-9, 0), ha="right", va="center")
    for ax, (name, path) in zip(axs[0], paths.items()):
        ax.plot(weights, [loss(weight) for weight in weights], color=GREY)
        ax.plot(path, [loss(weight) for weight in path], "o-", color=VERMILION, linewidth=1.4, markersize=8)
        ax.plot(path[0], loss(path[0]), "o", color=BLACK, markersize=10)
        ax.annotate("start", (path[0], loss(path[0])), **beside)
        ax.set(title=name, xlabel=xlabel, **axes)
    axs[0, 0].set_ylabel(ylabel)
    text = f"{ylabel} over {xlabel} with the steps of a descent, one panel each: {', '.join(paths)}"
    return finish(figure, text, shows, title)


def learning_curves(table, *, value="loss", validation=False, over="epoch", levels=(), targets=(), title="", **axes):
    """Draw a line for each network, the median over its seeds, in a band from lowest to highest.

    Args:
        table: A DataFrame with the columns "name", "seed", "epoch" and `value`, as from `utils.training.train`.
        value: The column to be drawn.
        validation: True to draw, dashed, also the column `val_loss` for "loss", and so on.
        over: A column in place of "epoch".
        levels: Name -> value to compare with, such as the result of `utils.baselines.trivial`; dotted lines.
        targets: Name -> value to be reached from above; thin lines, with a dot where a solid line first gets below.
        title: Above the figure.
        axes: Settings such as ylim, yscale, as in `Axes.set`.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For a table without rows or without one of these columns, and for levels or targets that are NaN.

    Introduced in notebook 04.
    """
    columns = [value, f"val_{value}"] if validation else [value]
    _check_columns(table, ["name", "seed", over, *columns])
    check_levels("levels and targets", [*dict(levels).values(), *dict(targets).values()])
    (figure, ax), named = new_figure(4.2), []
    for (name, runs), colour in zip(table.groupby("name", sort=False), itertools.cycle(COLOURS)):
        for column, style in zip(columns, ("-", "--")):
            seeds = runs.groupby(over)[column]
            drawn = ax.plot(seeds.median(), style, color=colour, label=name if style == "-" else None)
            named += drawn if style == "-" else []
            ax.fill_between(seeds.min().index, seeds.min(), seeds.max(), color=colour, alpha=0.2, linewidth=0)
    for style, name in (("-", "training"), ("--", "validation")) if validation else ():
        named += ax.plot([], [], style, color=GREY, label=name)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel=over, ylabel=value.replace("val_", "validation "), title=title, **axes)
    for name, level in dict(levels).items():
        named.append(ax.axhline(level, color=BLACK, linestyle=":", label=f"{name}: {level:.2f}"))
    named += _draw_targets(ax, dict(targets))
    seeds = table["seed"].nunique()
    spread = f"median of {seeds} seeds,\nband: lowest to highest" if seeds > 1 else None
    if len(named) > 1 or spread:
        legend(ax, named, **BESIDE, title=spread, alignment="left", title_fontsize=13)
    text = f"Lines of {value}{' of training and validation' if validation else ''} over "
    text += f"{'the epochs' if over == 'epoch' else over}{f', {spread}' if spread else ''}: "
    text += ", ".join(map(str, table["name"].unique())) + _compared(levels)
    text += f"; a dot where a line reaches {', '.join(targets)}" if targets else ""
    return finish(figure, text, title=title)


def dots(table, *, value="accuracy", panels=None, levels=(), text="{:.0%}", title="", **axes):
    """Draw a row for each contender: a dot for each seed, and the median as a number.

    Args:
        table: A DataFrame with the columns "name", "seed" and `value`; the order of the names is that of the rows.
        value: The column to be drawn.
        panels: A column, such as "labels per class", whose values get a panel each, side by side.
        levels: Name -> value to compare with, such as the result of `utils.baselines.trivial`; dotted vertical lines.
            With panels, name -> {value of the column: value}.
        text: The format of the medians, as in `str.format`.
        title: Above the figure.
        axes: Settings such as xlim, as in `Axes.set`.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For a table without rows or without one of these columns, and for NaN or infinity.

    Introduced in notebook 04.
    """
    _check_columns(table, ["name", "seed", value, *([panels] if panels else [])])
    real_array(f"column {value!r}", table[value], [("rows",)])
    check_levels("levels", [n for level in dict(levels).values() for n in (level.values() if panels else [level])])
    names = table["name"].unique()
    parts = dict(list(table.groupby(panels, sort=False))) if panels else {"": table}
    options = dict(columns=len(parts), title=title, sharex=True, sharey=True, squeeze=False)
    figure, axs = new_figure(1.5 + 0.55 * len(names), **options)
    near = dict(textcoords="offset points", fontsize=13)
    for ax, (part, rows) in zip(axs[0], parts.items()):
        for place, (name, colour) in enumerate(zip(names, itertools.cycle(COLOURS))):
            values = rows.loc[rows["name"] == name, value]
            median = values.median()
            ax.plot(values, np.full(len(values), place), "o", color=colour, markersize=9, alpha=0.55)
            ax.plot([median] * 2, [place - 0.22, place + 0.22], color=colour, linewidth=4)
            ground = dict(color=colour, bbox={"boxstyle": "square,pad=0.1", "color": "white"})  # on a dotted line
            ax.annotate(text.format(median), (median, place - 0.22), xytext=(0, 3), ha="center", **near, **ground)
        for level in dict(levels).values():
            ax.axvline(level[part] if panels else level, color=BLACK, linestyle=":", zorder=0)
        ax.set(title=f"{part} {panels}" if panels else "", xlabel=value, **axes)
        ax.set_yticks(range(len(names)), names)
        as_text(ax.get_yticklabels())
        ax.set_ylim(len(names) + (0.3 if levels else -0.4), -0.7)
        ax.tick_params(axis="y", length=0)
    left, right = axs[0, 0].get_xlim()  # of all panels, now that all is drawn
    for (ax, part), (name, level) in itertools.product(zip(axs[0], parts), dict(levels).items()):
        level = level[part] if panels else level
        place = (level - left) / (right - left)  # near a rim of the panel the label must not cross it
        side, gap = ("left", 5) if place < 0.3 else ("right", -5) if place > 0.7 else ("center", 0)
        look = dict(xytext=(gap, 0), ha=side, va="center", backgroundcolor="white")
        ax.annotate(f"{name} {text.format(level)}", (level, len(names) - 0.2), **near, **look)
    each = f", one panel for each of {', '.join(map(str, parts))} {panels}" if panels else ""
    seeds = f"a dot for each of {table['seed'].nunique()} seeds, and the median{each}{_compared(levels)}"
    return finish(figure, f"{value} of {', '.join(map(str, names))}: {seeds}", title=title)


def bars(values, *, highlight=(), text="{:,}", log=False, xlabel="", title=""):
    """Draw horizontal bars with their numbers.

    Args:
        values: Name -> number, 0 or more.
        highlight: Names of the bars to be drawn in another colour.
        text: The format of the numbers, as in `str.format`.
        log: True for a logarithmic axis; the numbers must then be above 0.
        xlabel, title: Words on the figure.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For negative numbers, NaN and infinity, and for names to highlight that have no bar.

    Introduced in notebook 06.
    """
    check_not_empty("values", values)
    real_array("values", list(values.values()), [("bars",)])
    if min(values.values()) < 0 or (log and min(values.values()) == 0):
        raise ValueError(f"values must be {'above 0 for log=True' if log else '0 or more'}, got {values}")
    if unknown := [name for name in highlight if name not in values]:
        raise ValueError(f"highlight must name bars, got {unknown[0]!r}; the bars are: {', '.join(map(str, values))}")
    figure, ax = new_figure(0.9 + 0.46 * len(values))
    colours = [VERMILION if name in highlight else BLUE for name in values]
    drawn = ax.barh([str(name) for name in values], list(values.values()), color=colours, height=0.7)
    ax.bar_label(drawn, [text.format(value) for value in values.values()], padding=6)
    ax.invert_yaxis()
    as_text(ax.get_yticklabels())
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel=xlabel, title=title, xscale="log" if log else "linear")
    if not log:  # the numbers say it all
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
    shown = ", ".join(f"{name} {text.format(value)}" for name, value in values.items())
    return finish(figure, f"Bars{' of ' + xlabel if xlabel else ''}: {shown}", title=title)


def _with_positions(values, x=None):
    """Return (x, values) of a curve; without an axis of its own it has the common one, by default 0, 1, 2, ..."""
    for array in values if isinstance(values, tuple) else (x, values):
        plain_array("curve", array)
    return values if isinstance(values, tuple) else (np.arange(len(values)) if x is None else x, values)


def _check_columns(table, columns):
    """Raise ValueError for a DataFrame without rows or without one of these columns."""
    if missing := [column for column in columns if column not in table]:
        raise ValueError(f"table must have the column {missing[0]!r}; its columns are: {', '.join(map(str, table))}")
    if not len(table):
        raise ValueError("table must have at least one row")


def _draw_targets(ax, targets):
    """Draw a line for each target, name -> value, and a dot where a solid line gets below; return what to explain."""
    solid = [line for line in ax.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 1]
    for target in targets.values():
        ax.axhline(target, color=GREY, linewidth=1.2, zorder=0)
        for line in solid:
            if place := _first_below(line, target, log=ax.get_yscale() == "log"):
                ax.plot(place, target, "o", color=line.get_color(), markersize=11, zorder=20)
    return ax.plot([], [], "o-", color=GREY, lw=1.2, ms=11, label=f"reaches {', '.join(targets)}") if targets else []


def _first_below(line, target, log):
    """Return the x at which a falling line first reaches a value; None if it never does, or begins below."""
    x, y = line.get_data()
    below = np.asarray(y) < target
    if below[0] or not below.any():
        return None
    after = int(below.argmax())
    ends = [y[after - 1], target, y[after]]
    start, reached, end = np.log(ends) if log else ends  # so that the point lies on the line as it is drawn
    return x[after - 1] + (x[after] - x[after - 1]) * (start - reached) / (start - end)


def _compared(levels):
    """Name the levels that a figure compares with, for its description."""
    return f"; dotted: {', '.join(dict(levels))}" if levels else ""
