"""minigrad and PyTorch on the same arguments: values, dtypes, two orders of gradients, in place.

The rows stand in samples_*.py beside this file; Hypothesis draws shapes, dims, dtypes, strides
and values. Where PyTorch refuses the arguments, minigrad must refuse them too.
"""

from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import minigrad as mg

from .sample import Draw, Given, Sample
from .samples import SAMPLES

torch = pytest.importorskip("torch")

EPSILON = {"float64": 1.0, "float32": 1e4, "float16": 3e6}  # by how much rtol grows


def ids(samples):
    seen: dict[str, int] = {}
    for s in samples:
        seen[s.name] = seen.get(s.name, 0) + 1
        yield s.name if seen[s.name] == 1 else f"{s.name}/{seen[s.name]}"


every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=list(ids(SAMPLES)))


def examples(n: int):
    def decorate(test):
        for wrapper in (
            given(data=st.data()),
            settings(
                max_examples=n,
                deadline=None,
                derandomize=True,
                database=None,
                phases=(Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        ):
            test = wrapper(test)
        return test

    return decorate


def find(framework: Any, name: str) -> Any:
    for part in name.split("."):
        framework = getattr(framework, part)
    return framework


class Side:
    """One framework's tensors for the same arguments; ``leaves`` collect the gradients."""

    def __init__(self, framework: Any, gradient: bool):
        self.framework, self.gradient, self.leaves = framework, gradient, []

    def __call__(self, x: Any) -> Any:
        if isinstance(x, Given):
            # A copy of its own with the same strides: in-place forms write to it.
            tensor = self.framework.from_numpy(copy_with_strides(x.array))
            if self.gradient and x.gradient and x.array.dtype.kind == "f":
                tensor.requires_grad_()
                self.leaves.append(tensor)
            return tensor
        if isinstance(x, (list, tuple)):
            return type(x)(self(e) for e in x)
        if isinstance(x, dict):
            return {k: self(v) for k, v in x.items()}
        if isinstance(x, np.dtype):
            return x if self.framework is mg else getattr(torch, x.name)
        return x


def copy_with_strides(array: np.ndarray) -> np.ndarray:
    if array.flags.c_contiguous or array.ndim == 0:
        return array.copy()
    if array.strides[-1] == 2 * array.itemsize and array.base is not None:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    return np.ascontiguousarray(array.swapaxes(0, -1)).swapaxes(0, -1)


def attempt(function, *args, **kwargs):
    """What it returns, or the exception it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args, **kwargs), None
        except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, ZeroDivisionError) as e:
            return None, e


def flat(result: Any) -> list:
    if isinstance(result, (tuple, list)):
        return [r for part in result for r in flat(part)]
    if isinstance(result, dict):
        return flat(list(result.values()))
    return [result]


def assert_same(found: Any, expected: Any, rtol: float) -> None:
    found, expected = flat(found), flat(expected)
    assert len(found) == len(expected)
    for f, e in zip(found, expected):
        if not isinstance(e, torch.Tensor):
            assert f == e or f is e, (f, e)
            continue
        assert isinstance(f, mg.Tensor)
        assert tuple(f.shape) == tuple(e.shape)
        assert str(f.dtype) == str(e.dtype).removeprefix("torch.")
        close(f.detach().numpy(), e.detach().numpy(force=True), rtol)


def close(f: np.ndarray, e: np.ndarray, rtol: float) -> None:
    rtol = rtol if e.dtype.kind == "f" else 0
    np.testing.assert_allclose(f, e, rtol=rtol, atol=rtol)


def tolerance(sample: Sample, *things: Any) -> float:
    """That of the coarsest dtype that takes part."""
    found = [1.0]
    for x in flat([sample.rtol, *things]):
        dtype = x.array.dtype if isinstance(x, (Given, mg.Tensor)) else None
        found.append(EPSILON.get(str(dtype), 1.0))
    return sample.rtol * max(found)


def run(sample: Sample, data: Any, gradient: bool, how=None):
    """The two sides, their results, and the arguments; None where both refuse."""
    args, kwargs = sample.draw(Draw(data))
    results = []
    for framework in (mg, torch):
        side = Side(framework, gradient)
        a, k = copy.copy(side(args)), side(kwargs)
        result, error = attempt(how or (lambda f, *x, **y: call(f, sample, *x, **y)), framework, *a, **k)
        results.append((side, result, error))
    (ours, found, refused), (theirs, expected, their_refusal) = results
    if their_refusal is not None:
        assert refused is not None or sample.accepts, f"only PyTorch refuses {args} {kwargs}: {their_refusal}"
        return None
    if refused is not None:
        if sample.refuses:
            return None
        raise AssertionError(f"only minigrad refuses {args} {kwargs}") from refused
    rtol = tolerance(sample, args, kwargs, found)
    return Both(ours, found, theirs, expected, rtol)


class Both(NamedTuple):
    ours: Side
    found: Any
    theirs: Side
    expected: Any
    rtol: float


def call(framework, sample, *args, **kwargs):
    if sample.name.startswith("."):
        return getattr(args[0], sample.name[1:])(*args[1:], **kwargs)
    return find(framework, sample.name)(*args, **kwargs)


ALIASES = [replace(s, name=other) for s in SAMPLES for other in s.also]


@pytest.mark.parametrize("sample", ALIASES, ids=list(ids(ALIASES)))
@examples(10)
def test_another_name_means_the_same_as_in_pytorch(sample, data):
    both = run(sample, data, gradient=False)
    if both:
        assert_same(both.found, both.expected, both.rtol)


@every_sample
@examples(40)
def test_values_shapes_and_dtypes_are_those_of_pytorch(sample, data):
    both = run(sample, data, gradient=False)
    if both:
        assert_same(sample.result(both.found), sample.result(both.expected), both.rtol)


def compare_gradients(sample, both):
    ours, found, theirs, expected, rtol = both
    found, expected = flat(sample.result(found)), flat(sample.result(expected))
    pairs = [
        (f, e) for f, e in zip(found, expected) if isinstance(e, torch.Tensor) and e.dtype.is_floating_point
    ]
    for f, e in pairs:
        assert e.requires_grad or not f.requires_grad
    pairs = [(f, e) for f, e in pairs if e.requires_grad]
    if not pairs:
        return
    weights = [np.cos(1.0 + np.arange(f.array.size)).reshape(f.shape).astype(f.dtype) for f, _ in pairs]
    _, missing = attempt(torch.autograd.backward, [e for _, e in pairs], [torch.tensor(w) for w in weights])
    if missing is not None:
        return  # PyTorch has no rule, or fails on empty tensors
    tracked = [(f, mg.tensor(w)) for (f, _), w in zip(pairs, weights) if f.requires_grad]
    if tracked:
        mg.autograd.backward(*map(list, zip(*tracked)))
    for x, t in zip(ours.leaves, theirs.leaves):
        if x.grad is None:  # allowed where it would be zero
            assert t.grad is None or not t.grad.numpy(force=True).any()
        elif t.grad is None:
            assert not x.grad.numpy().any()
        else:
            assert x.grad.dtype == x.dtype
            close(x.grad.numpy(), t.grad.numpy(force=True), rtol * 10)


@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if s.gradient], ids=list(ids(s for s in SAMPLES if s.gradient))
)
@examples(25)
def test_gradients_are_those_of_pytorch(sample, data):
    both = run(sample, data, gradient=True)
    if both:
        compare_gradients(sample, both)


def second_gradients(framework, side, results):
    """Gradients of a weighted sum of gradients of a weighted sum; None where there is none."""
    outputs = [r for r in flat(results) if isinstance(r, framework.Tensor) and r.requires_grad]
    if not outputs:
        return None
    first = framework.autograd.grad(
        outputs, side.leaves, weights_for(framework, outputs), create_graph=True, allow_unused=True
    )
    first = [g for g in first if g is not None and g.requires_grad]
    if not first:
        return None
    return framework.autograd.grad(first, side.leaves, weights_for(framework, first), allow_unused=True)


def weights_for(framework, tensors):
    shapes = [(tuple(t.shape), str(t.dtype).removeprefix("torch.")) for t in tensors]
    values = [np.sin(2.0 + np.arange(int(np.prod(s)))).reshape(s).astype(d) for s, d in shapes]
    return [framework.tensor(v) for v in values]


@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if s.gradient], ids=list(ids(s for s in SAMPLES if s.gradient))
)
@examples(8)
def test_second_gradients_are_those_of_pytorch(sample, data):
    both = run(sample, data, gradient=True)
    if not both:
        return
    expected, missing = attempt(second_gradients, torch, both.theirs, sample.result(both.expected))
    if missing is not None:
        return  # PyTorch has no second order here
    if expected is None:  # zero, except where the value is none: the variance of one number
        if not all(torch.isfinite(e).all() for e in flat(both.expected) if isinstance(e, torch.Tensor)):
            return
        expected = [None] * len(both.theirs.leaves)
    found = second_gradients(mg, both.ours, sample.result(both.found)) or [None] * len(expected)
    for f, e in zip(found, expected, strict=True):
        e = np.zeros(()) if e is None else e.detach().numpy(force=True)
        if f is None:
            np.testing.assert_allclose(e, 0, atol=both.rtol)
        else:
            close(np.broadcast_to(f.detach().numpy(), e.shape or f.shape), e, both.rtol * 100)


WITH_METHOD = [
    s for s in SAMPLES if s.method and not s.name.startswith(".") and hasattr(torch.Tensor, s.last_name)
    and not s.name.startswith("linalg.")
]  # fmt: skip


@pytest.mark.parametrize("sample", WITH_METHOD, ids=list(ids(WITH_METHOD)))
@examples(12)
def test_the_method_does_what_the_method_of_pytorch_does(sample, data):
    def method(framework, *args, **kwargs):
        if not isinstance(args[0], framework.Tensor):
            return call(framework, sample, *args, **kwargs)
        return getattr(args[0], sample.last_name)(*args[1:], **kwargs)

    both = run(sample, data, gradient=True, how=method)
    if both:
        assert_same(sample.result(both.found), sample.result(both.expected), both.rtol)


IN_PLACE = [s for s in SAMPLES if s.inplace and hasattr(torch.Tensor, s.last_name + "_")]


@pytest.mark.parametrize("sample", IN_PLACE, ids=list(ids(IN_PLACE)))
@pytest.mark.parametrize("on", ["tensor", "view"])
@examples(16)
def test_the_form_in_place_is_that_of_pytorch(sample, on, data):
    """On a copy of the first argument, or on a view of one; the gradient passes either way."""

    def in_place(framework, *args, **kwargs):
        if not isinstance(args[0], framework.Tensor):
            return call(framework, sample, *args, **kwargs)
        whole = args[0].clone()
        target = whole if on == "tensor" else whole.unsqueeze(0)[0]
        result = getattr(target, sample.last_name + "_")(*args[1:], **kwargs)
        assert result is target
        return [result, whole]

    gradient = sample.gradient and data.draw(st.booleans())
    both = run(sample, data, gradient, how=in_place)
    if both:
        assert_same(both.found, both.expected, both.rtol)
        if gradient:
            compare_gradients(sample, both)
