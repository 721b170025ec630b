"""A module's state: save to a dictionary, load from one (all or nothing), convert, zero.

Below: tape.py. Above: module.py. Tests: tests/nn/test_state.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minigrad.tape import Variable, touch, wrap
from minigrad.tensor import Tensor

from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module


class IncompatibleKeys(NamedTuple):
    """What load_state_dict found no value for, and what it found no place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def places(module: Module, prefix: str = "") -> Any:
    """Triples (key, registry, name) of what is saved, in PyTorch's order; shared ones repeat."""
    for name, parameter in module._parameters.items():
        if parameter is not None:
            yield prefix + name, module._parameters, name
    for name, buffer in module._buffers.items():
        if buffer is not None and name not in module._non_persistent_buffers_set:
            yield prefix + name, module._buffers, name
    for name, child in module._modules.items():
        if child is not None:
            yield from places(child, f"{prefix}{name}.")


def save(module: Module, destination: Any, prefix: str, keep_vars: bool) -> Any:
    """Fill ``destination`` with the module's tensors."""
    for key, registry, name in places(module, prefix):
        destination[key] = registry[name] if keep_vars else registry[name].detach()
    return destination


def _read(value: Any) -> np.ndarray:
    array = value.array if isinstance(value, Variable) else np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"NumPy reads it as {array.dtype}, which holds no numbers")
    return array


def load(module: Module, given: Any, strict: bool, assign: bool) -> IncompatibleKeys:
    """Check every key first, then copy: a failure leaves the module as it was."""
    if not isinstance(given, Mapping):
        raise TypeError(
            f"load_state_dict got {type(given).__name__}; it needs a dictionary from names to tensors."
        )
    problems, missing, work = [], [], []
    known = set()
    for key, registry, name in places(module):
        known.add(key)
        if key not in given:
            missing.append(key)
            continue
        try:
            array = _read(given[key])
        except (TypeError, ValueError, RuntimeError) as error:
            problems.append(f"{key} could not be read as an array: {error}.")
            continue
        needed = registry[name].array.shape
        if array.shape != needed:
            problems.append(
                f"size mismatch for {key}: the state_dict has the shape {array.shape}, the module "
                f"needs {needed}."
            )
        work.append((registry, name, given[key], array))
    unexpected = [str(key) for key in given if key not in known]
    if strict and unexpected:
        problems.insert(0, f"Unexpected key(s) in state_dict: {_listed(unexpected)}.")
    if strict and missing:
        problems.insert(0, f"Missing key(s) in state_dict: {_listed(missing)}.")
    if problems:
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(module).__name__}:\n\t" + "\n\t".join(problems)
        )
    for registry, name, value, array in work:
        (_assign if assign else _copy)(registry, name, value, array)
    return IncompatibleKeys(missing, unexpected)


def _listed(keys: list[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)


def _copy(registry: dict, name: str, value: Any, array: np.ndarray) -> None:
    target = registry[name]
    np.copyto(target.array, array, casting="unsafe")  # any number converts, as in PyTorch
    touch(target.version)


def _assign(registry: dict, name: str, value: Any, array: np.ndarray) -> None:
    old = registry[name]
    shared = value.detach() if isinstance(value, Tensor) else wrap(array)
    if isinstance(value, Parameter) and isinstance(old, Parameter):
        registry[name] = value
    elif isinstance(old, Parameter):
        registry[name] = Parameter(shared, old.requires_grad)
    else:
        registry[name] = shared


def convert(module: Module, dtype: np.dtype, only_floats: bool = True) -> Module:
    """Bring parameters, their gradients and the buffers to ``dtype``, in place."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.array.dtype.kind == "f" or not only_floats:
            tensor.data = tensor.array.astype(dtype, copy=False)
            if tensor._grad is not None:
                tensor._grad = wrap(tensor._grad.array.astype(dtype, copy=False))
    return module


def zero_grad(parameter: Any, set_to_none: bool) -> None:
    """Drop the gradient, or cut it off its graph and fill it with zeros."""
    if parameter._grad is None:
        return
    if set_to_none:
        parameter._grad = None
    else:
        parameter._grad = wrap(np.zeros_like(parameter._grad.array))
