"""Charts: curves over an axis, dots and bars, for trainings and other measurements."""

import itertools

import numpy as np
from matplotlib.dates import ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from utils.plots.style import BLACK, BLUE, COLOURS, GREY, VERMILION, check_not_empty, finish, new_figure
from utils.validation import choice


def lines(
    curves,
    x=None,
    xlabel="",
    ylabel="",
    title="",
    dots=(),
    marks=(),
    below=False,
    height=4.2,
    shows="",
    among=(),
    **axes,
):
    """Curves over a common axis.

    curves: name -> values (n,), or name -> (x, values) for a curve with its own axis. dots: names drawn as points.
    marks: points (x, y, text) to be named, above the point or `below` it. shows: what is to be seen, for those who
    cannot see it. among: the names of another figure, in its order: each curve gets the colour that it has there.
    axes: settings such as xlim, ylim, yscale, as in `Axes.set`.
    Raises ValueError for a curve that is not `among` those names.
    Introduced in notebook 01.
    """
    check_not_empty("curves", curves)
    solid = [name for name in curves if name not in dots]
    if among and (strange := [name for name in solid if name not in among]):
        raise ValueError(f"among must hold the names of all curves, and {strange[0]!r} is not in {list(among)}")
    colour_of = dict(zip(among or solid, itertools.cycle(COLOURS)))
    figure, ax = new_figure(height)
    for order, (name, values) in enumerate(curves.items()):
        positions, values = (
            values if isinstance(values, tuple) else (np.arange(len(values)) if x is None else x, values)
        )
        if name in dots:
            ax.plot(positions, values, "o", color=GREY, markersize=4 if len(values) > 30 else 11, label=name, zorder=1)
        else:
            ax.plot(positions, values, color=colour_of[name], label=name, zorder=2 + order)
    for mark_x, mark_y, text in marks:
        ax.plot(mark_x, mark_y, "o", color=BLACK, markersize=9, zorder=20)
        ax.annotate(
            text,
            (mark_x, mark_y),
            textcoords="offset points",
            xytext=(8, -22) if below else (0, 14),
            ha="left" if below else "center",
            zorder=20,
        )
    if np.asarray(positions).dtype.kind == "M":
        ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, **axes)
    if len(curves) > 1:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    marked = "".join(f"; marked: {text}" for *_, text in marks if text)
    return finish(figure, f"{title}. Lines over {xlabel or 'position'}: {', '.join(curves)}{marked}", shows)


def panels(curves, xlabel="", ylabel="", height=3.4, kind="line", title="", shows="", **axes):
    """Small plots side by side: name -> values, or name -> {label: values} for several curves in one.

    values: (n,), or (x, values) for a curve with its own axis; x may be strings for kind="bar".
    kind: "line" or "bar". shows: what is to be seen, for those who cannot see it. axes: settings such as ylim, for all
    panels, as in `Axes.set`.
    Introduced in notebook 01.
    """
    check_not_empty("curves", curves)
    kind = choice("kind", kind, ("line", "bar"))
    figure, axs = new_figure(height, columns=len(curves), title=title, sharey=True, squeeze=False)
    for ax, (name, values) in zip(axs[0], curves.items()):
        several = values if isinstance(values, dict) else {"": values}
        for label, series in several.items():
            positions, series = series if isinstance(series, tuple) else (np.arange(len(series)), series)
            if kind == "bar":
                ax.bar(positions, series, color=BLUE)
                if not isinstance(positions[0], str):
                    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            else:
                ax.plot(positions, series, label=label)
                if np.asarray(positions).dtype.kind in "iu":
                    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        ax.set(title=name, xlabel=xlabel, **axes)
        if len(several) > 1:
            ax.legend()
    axs[0, 0].set_ylabel(ylabel)
    return finish(figure, f"{ylabel} over {xlabel}, one panel each: {', '.join(curves)}", shows, title)


def descent(loss, paths, xlabel="", ylabel="", title="", height=3.4, shows="", **axes):
    """Gradient descent with one weight, one panel for each path: the loss as a curve, every step as a dot on it.

    loss: a function of the weight. paths: name -> the weights at which the descent stood, the first one first.
    shows: what is to be seen, for those who cannot see it. axes: settings such as ylim, for all panels, as in
    `Axes.set`. Steps that leave the panel are not drawn.
    Introduced in notebook 01.
    """
    check_not_empty("paths", paths)
    figure, axs = new_figure(height, columns=len(paths), title=title, sharex=True, sharey=True, squeeze=False)
    low, high = min(map(min, paths.values())), max(map(max, paths.values()))
    weights = np.linspace(low - 0.05 * (high - low), high + 0.05 * (high - low), 200)
    for ax, (name, path) in zip(axs[0], paths.items()):
        ax.plot(weights, [loss(weight) for weight in weights], color=GREY)
        ax.plot(path, [loss(weight) for weight in path], "o-", color=VERMILION, linewidth=1.4, markersize=8)
        ax.plot(path[0], loss(path[0]), "o", color=BLACK, markersize=10)
        ax.annotate(
            "start", (path[0], loss(path[0])), textcoords="offset points", xytext=(-9, 0), ha="right", va="center"
        )
        ax.set(title=name, xlabel=xlabel, **axes)
    axs[0, 0].set_ylabel(ylabel)
    return finish(
        figure,
        f"{ylabel} over {xlabel} with the steps of a descent, one panel each: {', '.join(paths)}",
        shows,
        title,
    )


def learning_curves(table, value="loss", validation=False, title="", over="epoch", levels=(), targets=(), **axes):
    """How training went: one line for each network, the median over its seeds, in a band from lowest to highest.

    table: what `utils.training.train` returns, with the columns "name", "seed", "epoch" and `value`.
    validation: draw the column "val_" + value too, dashed. over: another column in place of "epoch".
    levels: name -> value, to compare with, such as what `utils.baselines.trivial` reaches; dotted lines.
    targets: name -> value, to be reached from above; thin lines, with a dot where a solid line first gets below.
    axes: settings such as ylim, yscale, as in `Axes.set`.
    Raises ValueError for a table without rows or without one of these columns.
    Introduced in notebook 04.
    """
    columns = [value, f"val_{value}"] if validation else [value]
    missing = [column for column in ("name", "seed", over, *columns) if column not in table]
    if missing or not len(table):
        lack = f"the column {missing[0]!r}; its columns are: {', '.join(table)}" if missing else "at least one row"
        raise ValueError(f"table must have {lack}")
    figure, ax = new_figure(4.2)
    for order, (name, runs) in enumerate(table.groupby("name", sort=False)):
        colour = COLOURS[order % len(COLOURS)]
        for column, style in zip(columns, ("-", "--")):
            seeds = runs.groupby(over)[column]
            ax.plot(seeds.median(), style, color=colour, label=name if style == "-" else None)
            ax.fill_between(seeds.min().index, seeds.min(), seeds.max(), color=colour, alpha=0.2, linewidth=0)
    if validation:
        for style, name in (("-", "training"), ("--", "validation")):
            ax.plot([], [], style, color=GREY, label=name)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel=over, ylabel=value.replace("val_", "validation "), title=title, **axes)
    for name, level in dict(levels).items():
        ax.axhline(level, color=BLACK, linestyle=":", label=f"{name}: {level:.2f}")
    solid = [line for line in ax.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 1]
    for target in dict(targets).values():
        ax.axhline(target, color=GREY, linewidth=1.2, zorder=0)
        for line in solid:
            if place := _first_below(line, target, log=ax.get_yscale() == "log"):
                ax.plot(place, target, "o", color=line.get_color(), markersize=11, zorder=20)
    if targets:
        ax.plot([], [], "o-", color=GREY, linewidth=1.2, markersize=11, label=f"reaches {', '.join(targets)}")
    seeds = table["seed"].nunique()
    spread = f"median of {seeds} seeds,\nband: lowest to highest" if seeds > 1 else None
    if len(ax.get_legend_handles_labels()[0]) > 1 or spread:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title=spread, alignment="left", title_fontsize=13)
    curves = f"{value}{' of training and validation' if validation else ''}"
    names = ", ".join(map(str, table["name"].unique()))
    return finish(
        figure,
        f"Lines of {curves} over {'the epochs' if over == 'epoch' else over}"
        f"{f', {spread}' if spread else ''}: {names}{_compared(levels)}"
        f"{'; a dot where a line reaches ' + ', '.join(targets) if targets else ''}",
        title=title,
    )


def dots(table, value="accuracy", panels=None, levels=(), title="", text="{:.0%}", **axes):
    """Who does how well: a row for each contender, a dot for each seed, and the median as a number.

    table: a DataFrame with the columns "name", "seed" and `value`; the order of the names is that of the rows.
    panels: a column, such as "labels per class", whose values get a panel each, side by side.
    levels: name -> value, to compare with, such as what `utils.baselines.trivial` reaches; dotted vertical lines. With
        panels, name -> {value of the column: value}.
    text: how the medians are written. axes: settings such as xlim, as in `Axes.set`.
    Raises ValueError for a table without rows or without one of these columns.
    Introduced in notebook 04.
    """
    columns = ["name", "seed", value, *([panels] if panels else [])]
    if missing := [column for column in columns if column not in table]:
        raise ValueError(f"table must have the column {missing[0]!r}; its columns are: {', '.join(map(str, table))}")
    if not len(table):
        raise ValueError("table must have at least one row")
    names = list(dict.fromkeys(table["name"]))
    parts = list(dict.fromkeys(table[panels])) if panels else [None]
    figure, axs = new_figure(
        1.5 + 0.55 * len(names), columns=len(parts), title=title, sharex=True, sharey=True, squeeze=False
    )
    for ax, part in zip(axs[0], parts):
        rows = table if part is None else table[table[panels] == part]
        for place, (name, colour) in enumerate(zip(names, itertools.cycle(COLOURS))):
            values = rows.loc[rows["name"] == name, value]
            ax.plot(values, np.full(len(values), place), "o", color=colour, markersize=9, alpha=0.55)
            ax.plot([values.median()] * 2, [place - 0.22, place + 0.22], color=colour, linewidth=4)
            ax.annotate(
                text.format(values.median()),
                (values.median(), place - 0.22),
                textcoords="offset points",
                xytext=(0, 3),
                ha="center",
                fontsize=13,
                color=colour,
                bbox={"boxstyle": "square,pad=0.1", "color": "white"},  # where it stands on a dotted line
            )
        for level in dict(levels).values():
            ax.axvline(level if part is None else level[part], color=BLACK, linestyle=":", zorder=0)
        ax.set(title="" if part is None else f"{part} {panels}", xlabel=value, **axes)
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) + (0.3 if levels else -0.4), -0.7)
        ax.tick_params(axis="y", length=0)
    for ax, part in zip(axs[0], parts):  # now that the limits of all panels, which are the same, are known
        for name, level in dict(levels).items():
            level = level if part is None else level[part]
            left, right = ax.get_xlim()
            place = (level - left) / (right - left)  # near a rim of the panel the label must not cross it
            side, gap = ("left", 5) if place < 0.3 else ("right", -5) if place > 0.7 else ("center", 0)
            ax.annotate(
                f"{name} {text.format(level)}",
                (level, len(names) - 0.2),
                textcoords="offset points",
                xytext=(gap, 0),
                ha=side,
                va="center",
                fontsize=13,
                backgroundcolor="white",
            )
    each = f", one panel for each of {', '.join(map(str, parts))} {panels}" if panels else ""
    return finish(
        figure,
        f"{value} of {', '.join(map(str, names))}: a dot for each of "
        f"{table['seed'].nunique()} seeds, and the median{each}{_compared(levels)}",
        title=title,
    )


def bars(values, xlabel="", title="", highlight=(), text="{:,}", log=False):
    """Horizontal bars with their numbers: name -> number.

    highlight: names drawn in another colour. text: how the number is written, as in str.format. log: logarithmic
    axis; the numbers must be above 0 then.
    Raises ValueError for negative numbers, and for names to highlight that have no bar.
    Introduced in notebook 06.
    """
    check_not_empty("values", values)
    if min(values.values()) < 0 or (log and min(values.values()) == 0):
        raise ValueError(f"values must be {'above 0 for log=True' if log else '0 or more'}, got {values}")
    unknown = [name for name in highlight if name not in values]
    if unknown:
        raise ValueError(f"highlight must name bars, got {unknown[0]!r}; the bars are: {', '.join(map(str, values))}")
    figure, ax = new_figure(0.9 + 0.46 * len(values))
    colours = [VERMILION if name in highlight else BLUE for name in values]
    drawn = ax.barh([str(name) for name in values], list(values.values()), color=colours, height=0.7)
    ax.bar_label(drawn, [text.format(value) for value in values.values()], padding=6)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel=xlabel, title=title, xscale="log" if log else "linear")
    if not log:  # the numbers say it all
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
    shown = ", ".join(f"{name} {text.format(value)}" for name, value in values.items())
    return finish(figure, f"Bars{' of ' + xlabel if xlabel else ''}: {shown}", title=title)


def _first_below(line, target, log):
    """Where a falling line of a figure first reaches a value; None if it never does, or begins below."""
    x, y = line.get_data()
    below = np.asarray(y) < target
    if below[0] or not below.any():
        return None
    after = int(below.argmax())
    ends = [y[after - 1], target, y[after]]
    start, reached, end = np.log(ends) if log else ends  # so that the point lies on the line as it is drawn
    return x[after - 1] + (x[after] - x[after - 1]) * (start - reached) / (start - end)


def _compared(levels):
    """What a description says about the levels that a figure compares with."""
    return f"; dotted: {', '.join(dict(levels))}" if levels else ""
