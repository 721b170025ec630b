"""One training step of every net: zero_grad, forward, cross-entropy, backward, optimizer step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import minigrad as mg

from .table import Options, Table, geometric_mean, in_turns, ratio
from .twins import Framework, Net, made, pairs, set_threads, training

ABOUT = """\
One training step: `zero_grad`, forward, cross-entropy, backward and Adam, on a batch that lies in
memory, float32. Both frameworks start from the same weights and see the same batch; PyTorch's models
come from the same source text with its own `nn`. Each net is written as an `nn.Sequential` and in the
functional style, `F.max_pool2d(F.relu(self.conv1(x)), 2)`; lenet5 also stands as in
`minigrad/models.py`, with modules called one by one. cifar-cnn has three convolutions (32, 32, 64) for
images of 3 x 32 x 32; resnet-10 is a usual residual net with `BatchNorm2d`, one convolution, four blocks
of two and a linear layer, 16 to 128 channels.

`replayed` is the same step through `minigrad.compile`, which leaves out the Python between the kernels
and gives the same bits.

How to read it: the ratio is PyTorch's median over minigrad's, so 2 means half the time. The quartiles
beside it are those of the ratios within single rounds; where they lie far apart, the machine had other
work to do. PyTorch runs eagerly; with `--compile` also through `torch.compile`, and the ratio is
to the faster of the two."""


def compiled(f: Framework, model: Any) -> Callable:
    """The loss of ``model`` through torch.compile, from a clean slate."""
    f.top._dynamo.reset()

    @f.top.compile
    def loss(images: Any, labels: Any) -> Any:
        return f.F.cross_entropy(model(images), labels)

    return loss


def replayed(step: Callable) -> Callable:
    """The step through minigrad.compile, which must not fall back."""
    return mg.compile(step, fullgraph=True)


def contenders(pair: list[tuple[Framework, Net]], compile: bool) -> tuple[list[Callable], str]:
    """The step in minigrad, replayed, and in PyTorch, perhaps through torch.compile; and why that failed."""
    x, y = pair[0][1].data()
    theirs = pair[1:] * (2 if compile else 1)
    models = made([pair[0], *pair[:1], *theirs])
    f = pair[0][0]
    steps = [training(f, models[0], x, y), training(f, models[1], x, y, whole=replayed)]
    for i, ((f, _), model) in enumerate(zip(theirs, models[2:])):
        steps.append(training(f, model, x, y, compiled(f, model) if i else None))
    if len(theirs) < 2:
        return steps, ""
    try:
        steps[-1]()
    except Exception as error:  # no compiler, or a net it cannot take: whatever it is, there is no figure
        return steps[:-1], f"{pair[0][1].label}: torch.compile failed with {type(error).__name__}."
    return steps, ""


def row_of(net: Net, times: list, compile: bool) -> tuple[list[str], list[float]]:
    """The cells, and how many times quicker than PyTorch's quickest the two of minigrad are."""
    ours, theirs = times[:2], times[2:]
    row = [f"{net.label} ({net.batch})", *(f"{t.middle * 1e3:.3g}" for t in times)]
    if not theirs:
        return row, []
    row += ["-"] * (compile and len(theirs) < 2)
    found = [ratio(min(theirs, key=lambda t: t.middle), t) for t in ours]
    return [*row, *(cell for value, around in found for cell in (f"{value:.2f}", around))], [
        v for v, _ in found
    ]


def summary(ratios: dict[tuple[str, str, bool], list[float]]) -> list[str]:
    """Means over the presets, by form and together, and the least; then the bigger nets."""
    lines = []
    for i, way in enumerate(("as written", "replayed")):
        means = []
        for form in ("sequential", "functional"):
            chosen = [r[i] for (_, shape, preset), r in ratios.items() if preset and shape == form]
            means += [f"{form} {geometric_mean(chosen):.2f}"] if chosen else []
        presets = {k: r[i] for k, r in ratios.items() if k[2]}
        bigger = [r[i] for k, r in ratios.items() if not k[2]]
        text = []
        if presets:
            both = [r for k, r in presets.items() if k[1] != "modules"]
            means += [f"both {geometric_mean(both):.2f}"] if both else []
            least = min(presets, key=presets.__getitem__)
            text.append(
                f"presets, geometric mean: {', '.join(means)}; least {presets[least]:.2f} "
                f"({least[0]}/{least[1]})"
            )
        if bigger:
            text.append(f"bigger nets: {geometric_mean(bigger):.2f}, least {min(bigger):.2f}")
        lines += [f"PyTorch / minigrad, {way}: {'; '.join(text)}."] if text else []
    return lines


def measure(options: Options) -> Iterator[Table]:
    for threads in options.threads:
        set_threads(threads)
        rows, ratios, notes = [], {}, []
        header = ["net (batch)", "minigrad ms", "replayed ms"]
        for pair in pairs(options.wants):
            net = pair[0][1]
            if len(pair) > 1 and len(header) == 3:
                header += ["PyTorch ms"] + ["torch.compile ms"] * options.compile
                header += ["PyTorch / minigrad", "quartiles", "PyTorch / replayed", "quartiles"]
            steps, failed = contenders(pair, options.compile)
            times = in_turns(steps, options.rounds, options.turn(0.05))
            row, found = row_of(net, times, options.compile)
            rows.append(row)
            notes += [failed] if failed else []
            if found:
                ratios[net.name, net.form, net.preset] = found
        yield Table(
            f"One training step, {threads} thread{'s'[: threads > 1]}",
            header,
            rows,
            " ".join(summary(ratios) + notes),
        )
