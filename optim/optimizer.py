"""Optimizer: parameter groups, state, and the loop around one rule for one parameter.

A rule is ``update(p, g, state, group)`` on arrays of one shape; it writes ``p`` and the state and
never ``g``, or says which kernel is to do so: one call of a kernel then serves all parameters that
take the same numbers. Everything else stands here: which parameters there are, checks, closures,
state dictionaries.

Below: tensor.py, kernels/update.py. Above: sgd.py, adam.py and the others.
Tests: tests/optim/test_optimizer.py.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.errors import DTypeError, ShapeError
from minigrad.grad_mode import enable_grad
from minigrad.tape import Variable, touch, wrap
from minigrad.tracing import effect

# What a rule may return: a kernel of kernels/update.py, its arrays and its numbers.
Job = tuple[Any, tuple[np.ndarray, ...], tuple]


class Optimizer:
    """Base class: ``params`` is an iterable of Tensors, or of dictionaries with options of their own.

    A subclass validates its options, calls ``super().__init__(params, defaults)`` and writes
    ``update``. Raises ValueError for no, repeated or computed parameters, TypeError for what
    is no Tensor.

    >>> class SignSGD(optim.Optimizer):
    ...     def __init__(self, params, lr):
    ...         super().__init__(params, {"lr": lr})
    ...     def update(self, p, g, state, group):
    ...         p -= group["lr"] * np.sign(g)
    >>> w = tensor([1.0, -1.0], requires_grad=True)
    >>> w.grad = tensor([0.3, -4.0])
    >>> SignSGD([w], lr=0.5).step()
    >>> w.detach()
    tensor([ 0.5000, -0.5000])
    """

    def __init__(self, params: Iterable, defaults: dict):
        self.defaults = defaults
        self.state: Any = defaultdict(dict)
        self.param_groups: list[dict] = []
        self._steps = 0
        self._tables = kernels.update.Tables()
        self._repeats = False  # whether a parameter comes twice: then one after the other
        name = type(self).__name__
        if isinstance(params, Variable):
            raise TypeError(
                f"{name} got a single Tensor; it needs an iterable of Tensors or dictionaries. "
                f"Put it into a list: {name}([tensor])."
            )
        groups = list(params)
        if not groups:
            raise ValueError(f"{name} got an empty parameter list; it needs at least one parameter.")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def update(self, p: np.ndarray, g: np.ndarray, state: dict, group: dict) -> Job | None:
        """Change ``p`` in place, or say what will; ``p`` and ``g`` are contiguous, of one shape and dtype."""
        raise NotImplementedError(
            f"{type(self).__name__} got step() and has no rule; it needs a method "
            "update(self, p, g, state, group)."
        )

    @effect
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; returns what ``closure`` (run first) returned."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with_gradient = [[p for p in group["params"] if p._grad is not None] for group in self.param_groups]
        for parameters in with_gradient:
            for parameter in parameters:
                p, g = parameter.array, parameter._grad.array
                if (p.dtype is not g.dtype and p.dtype != g.dtype) or p.shape != g.shape:
                    self._refuse(p, g)
        self._steps += 1
        jobs: dict[tuple, list] = {}
        try:
            for group, parameters in zip(self.param_groups, with_gradient):
                for parameter in parameters:
                    p, g, state = parameter.array, parameter._grad.array, self.state[parameter]
                    if p.flags.c_contiguous and p.dtype.itemsize > 2:
                        job = self.update(p, g if g.flags.c_contiguous else g.copy(), state, group)
                        if job is not None:
                            kernel, arrays, numbers = job
                            jobs.setdefault((kernel, numbers, p.dtype), []).append(arrays)
                            if self._repeats:
                                self._run(jobs)
                    else:
                        self._update_by_copy(p, g, state, group)
                    touch(parameter.version)
        finally:  # where one was refused, those before it have their step, and the others nothing
            self._run(jobs)
        return loss

    def _run(self, jobs: dict[tuple, list]) -> None:
        for place, ((kernel, numbers, _), sets) in enumerate(jobs.items()):
            kernels.update.apply(kernel, sets, numbers, self._tables, place)
        jobs.clear()

    def _update_by_copy(self, p: np.ndarray, g: np.ndarray, state: dict, group: dict) -> None:
        """For float16, which is computed in float32, and for parameters with strides."""
        dtype = np.float32 if p.dtype.itemsize <= 2 else p.dtype
        work = p.astype(dtype, order="C")
        copies = {
            key: wrap(value.array.astype(dtype, order="C")) if _is_moment(key, value) else value
            for key, value in state.items()
        }
        job = self.update(work, g.astype(dtype, order="C"), copies, group)
        if job is not None:
            kernels.update.apply(job[0], [job[1]], job[2], {})
        p[...] = work
        for key, value in copies.items():
            state[key] = wrap(value.array.astype(p.dtype)) if _is_moment(key, value) else value

    def _refuse(self, p: np.ndarray, g: np.ndarray) -> None:
        name = type(self).__name__
        if p.shape != g.shape:
            raise ShapeError(
                f"{name}.step got a parameter of shape {p.shape} with a gradient of shape {g.shape}; "
                "the two must be equal. Call zero_grad() after replacing p.data."
            )
        raise DTypeError(
            f"{name}.step got a parameter of {p.dtype} with a gradient of {g.dtype}; the two must be "
            "equal. Call zero_grad() after converting the model."
        )

    @effect
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop every gradient, or with ``set_to_none=False`` fill it with zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter._grad = None
                elif parameter._grad is not None:
                    parameter._grad = wrap(np.zeros_like(parameter._grad.array))

    def add_param_group(self, param_group: dict) -> None:
        """Add parameters with options of their own; what is not given comes from the defaults."""
        name = type(self).__name__
        if not isinstance(param_group, dict):
            raise TypeError(
                f"{name}.add_param_group got {type(param_group).__name__}; it needs a dictionary with "
                "the key 'params'."
            )
        if "params" not in param_group:
            raise ValueError(f"{name} got a parameter group without 'params'; it needs that key.")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError(
                f"{name} got a set of parameters; it needs an ordered collection, such as a list."
            )
        params: list = [given] if isinstance(given, Variable) else list(given)
        names = None
        if params and all(isinstance(p, tuple) and len(p) == 2 for p in params):
            names, params = [n for n, _ in params], [p for _, p in params]
        for parameter in params:
            if not isinstance(parameter, Variable):
                raise TypeError(
                    f"{name} got {type(parameter).__name__} among the parameters; it needs Tensors."
                )
            if parameter.node is not None:
                raise ValueError(
                    f"{name} got a computed tensor of shape {parameter.array.shape}; it needs leaves. "
                    "Optimize what it was computed from, or x.detach().requires_grad_()."
                )
        known = {id(p) for group in self.param_groups for p in group["params"]}
        if known & {id(p) for p in params}:
            raise ValueError(
                f"{name} got a parameter that is in another group already; it needs each parameter in "
                "one group."
            )
        if len({id(p) for p in params}) != len(params):
            self._repeats = True
            warnings.warn(
                f"{name} got a parameter twice in one group; it will be changed twice in each step.",
                stacklevel=3,
            )
        group = {"params": params, **{k: v for k, v in param_group.items() if k != "params"}}
        if names is not None:
            group["param_names"] = names
        for key, value in self.defaults.items():
            group.setdefault(key, value)
        self.check(group)
        self.param_groups.append(group)

    def check(self, group: dict) -> None:
        """Refuse options that make no sense; called for every group with its options filled in."""

    def state_dict(self) -> dict:
        """``{"state": {number: {...}}, "param_groups": [...]}``, parameters as numbers."""
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [numbers[id(p)] for p in group["params"]]
            groups.append(packed)
        state = {numbers.get(id(p), p): dict(values) for p, values in self.state.items() if values}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict) -> None:
        """Take over options and state from ``state_dict()``, also PyTorch's; tensors are copied.

        Raises ValueError unless groups and their sizes agree; then nothing has changed.
        """
        name = type(self).__name__
        groups, saved = self.param_groups, state_dict["param_groups"]
        if len(groups) != len(saved):
            raise ValueError(
                f"{name}.load_state_dict got {len(saved)} parameter groups; it needs {len(groups)}."
            )
        for i, (group, new) in enumerate(zip(groups, saved)):
            if len(group["params"]) != len(new["params"]):
                raise ValueError(
                    f"{name}.load_state_dict got {len(new['params'])} parameters in group {i}; it "
                    f"needs {len(group['params'])}."
                )
        parameters = {
            number: p
            for group, new in zip(groups, saved)
            for number, p in zip(new["params"], group["params"])
        }
        state: Any = defaultdict(dict)
        for number, values in state_dict["state"].items():
            p = parameters.get(number)
            if p is None:
                state[number] = values
                continue
            state[p] = {key: _loaded(key, value, p.array) for key, value in values.items()}
        self.state = state
        for group, new in zip(groups, saved):
            group.update({key: value for key, value in new.items() if key != "params"})

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _is_moment(key: str, value: Any) -> bool:
    """Whether a piece of state belongs to the entries of the parameter."""
    return isinstance(value, Variable) and key not in ("step", "mu_product")


def _loaded(key: str, value: Any, p: np.ndarray) -> Any:
    """A copy of saved state, in the parameter's dtype where it belongs to its entries."""
    if value is None or isinstance(value, (str, dict)):
        return value
    array = value.array if isinstance(value, Variable) else np.asarray(value)
    if key in ("step", "mu_product"):
        return wrap(np.array(array, np.float32))
    if array.shape != p.shape:
        raise ShapeError(
            f"load_state_dict got {key} of shape {array.shape} for a parameter of shape {p.shape}; "
            "the two must be equal."
        )
    return wrap(np.array(array, p.dtype, order="C"))


# ------------------------------------------------ for the rules


def moment(state: dict, key: str, p: np.ndarray, start: float = 0.0) -> np.ndarray:
    """One piece of state, an array like ``p``, contiguous and made at the first step."""
    found = state.get(key)
    if found is None:
        found = state[key] = wrap(np.full_like(p, start))
    array = found.array
    if array.dtype is p.dtype and array.shape == p.shape and array.flags.carray:
        return array  # as it nearly always is
    if array.dtype is not p.dtype and array.dtype != p.dtype:
        raise DTypeError(
            f"step got a parameter of {p.dtype} whose state {key} is {array.dtype}; the two must be "
            "equal. Make a new optimizer after converting the model."
        )
    if array.shape != p.shape:
        raise ShapeError(
            f"step got a parameter of shape {p.shape} whose state {key} has shape {array.shape}; the two "
            "must be equal. Make a new optimizer after replacing a parameter's data."
        )
    if not array.flags.carray:
        found = state[key] = wrap(np.array(array, order="C"))
    return found.array


def advance(state: dict) -> float:
    """Count this step; the number of steps with it."""
    step = state.get("step")
    if step is None:
        step = state["step"] = wrap(np.zeros((), np.float32))
    t = step.array.item() + 1
    step.array[()] = t
    return t


def require(name: str, option: str, value: Any, fits: bool, needed: str) -> None:
    """Raise ValueError unless an option lies in its range."""
    if not fits:
        raise ValueError(f"{name} got {option}={value}; it needs {needed}.")
