"""One training step of every net: zero_grad, forward, cross-entropy, backward, optimizer step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

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


def contenders(pair: list[tuple[Framework, Net]], compile: bool) -> tuple[list[Callable], str]:
    """A step in each framework, perhaps a third through torch.compile; and why there is none."""
    x, y = pair[0][1].data()
    with_compiled = compile and len(pair) > 1
    models = made([*pair, pair[1]] if with_compiled else pair)
    steps = [training(f, model, x, y) for (f, _), model in zip(pair, models)]
    if not with_compiled:
        return steps, ""
    f, model = pair[1][0], models[2]
    step = training(f, model, x, y, compiled(f, model))
    try:
        step()
    except Exception as error:  # no compiler, or a net it cannot take: whatever it is, there is no figure
        return steps, f"{pair[0][1].label}: torch.compile failed with {type(error).__name__}."
    return [*steps, step], ""


def row_of(net: Net, times: list, columns: int) -> tuple[list[str], float | None]:
    row = [f"{net.label} ({net.batch})"]
    for t in times:
        row += [f"{t.middle * 1e3:.3g}", t.quartiles(1e-3)]
    row += ["-"] * (columns - 2 - len(row)) if len(times) > 1 else []
    if len(times) < 2:
        return row, None
    value, around = ratio(min(times[1:], key=lambda t: t.middle), times[0])
    return [*row, f"{value:.2f}", around], value


def summary(ratios: dict[tuple[str, str, bool], float]) -> list[str]:
    """Means over the presets, by form and together, and the least; then the bigger nets."""
    lines = []
    for form in ("sequential", "functional"):
        chosen = [r for (_, shape, preset), r in ratios.items() if preset and shape == form]
        lines += [f"{form} {geometric_mean(chosen):.2f}"] if chosen else []
    presets = {k: r for k, r in ratios.items() if k[2]}
    bigger = [r for k, r in ratios.items() if not k[2]]
    if presets:
        both = [r for k, r in presets.items() if k[1] != "modules"]
        least = min(presets, key=presets.__getitem__)
        head = f"Presets, geometric mean: {', '.join(lines)}"
        head += f", both {geometric_mean(both):.2f}" if both else ""
        lines = [f"{head}; least {presets[least]:.2f} ({least[0]}/{least[1]})."]
    if bigger:
        lines.append(f"Bigger nets: geometric mean {geometric_mean(bigger):.2f}, least {min(bigger):.2f}.")
    return lines


def measure(options: Options) -> Iterator[Table]:
    for threads in options.threads:
        set_threads(threads)
        rows, ratios, notes = [], {}, []
        header = ["net (batch)", "minigrad ms", "quartiles"]
        for pair in pairs(options.wants):
            net = pair[0][1]
            if len(pair) > 1 and len(header) == 3:
                header += ["PyTorch ms", "quartiles"]
                header += ["compiled ms", "quartiles"] if options.compile else []
                header += ["PyTorch / minigrad", "quartiles"]
            steps, failed = contenders(pair, options.compile)
            times = in_turns(steps, options.rounds, options.turn(0.05))
            row, found = row_of(net, times, len(header))
            rows.append(row)
            notes += [failed] if failed else []
            if found is not None:
                ratios[net.name, net.form, net.preset] = found
        yield Table(
            f"One training step, {threads} thread{'s'[: threads > 1]}",
            header,
            rows,
            " ".join(summary(ratios) + notes),
        )
