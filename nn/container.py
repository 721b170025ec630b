"""Modules that hold modules, and lists of parameters.

    Sequential                     calls its children one after the other
    ModuleList, ModuleDict         a list and a dictionary whose entries are registered
    ParameterList, ParameterDict   the same for parameters

Below: module.py. Tests: tests/nn/test_container.py.
"""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minigrad.tape import Variable

from . import fusion
from .module import Module, indent, layout
from .parameter import Parameter


def _position(index: Any, length: int, owner: Any) -> int:
    """``index`` in [0, length), counted from the end where negative."""
    i = operator.index(index)
    if not -length <= i < length:
        raise IndexError(
            f"{type(owner).__name__} got the index {i}; it needs one in [{-length}, {length - 1}]."
            if length
            else f"{type(owner).__name__} got the index {i}; it is empty."
        )
    return i % length


class _Numbered(Module):
    """Children under the names "0", "1", ...: what Sequential and ModuleList share."""

    def _names(self) -> list[str]:
        return list(self._modules)

    def _reset(self, modules: Iterable[Module | None]) -> None:
        self._modules.clear()
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._modules.values()))

    def __setitem__(self, index: Any, module: Module) -> None:
        self.add_module(self._names()[_position(index, len(self), self)], module)

    def __delitem__(self, index: Any) -> None:
        names = self._names()
        for name in names[index] if isinstance(index, slice) else [names[_position(index, len(self), self)]]:
            del self._modules[name]
        if all(name.isdigit() for name in names):
            self._reset(list(self._modules.values()))

    def append(self, module: Module) -> Any:
        """Add a module at the end; returns self."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Add a module before position ``index``, renumbering those behind it; returns self."""
        if not isinstance(module, Module):
            raise TypeError(
                f"{type(self).__name__}.insert got {type(module).__name__}; it needs an nn.Module."
            )
        modules = list(self._modules.values())
        if not -len(modules) <= index <= len(modules):
            raise IndexError(
                f"{type(self).__name__}.insert got the index {index}; it needs one in "
                f"[{-len(modules)}, {len(modules)}]."
            )
        modules.insert(index, module)
        self._reset(modules)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add several modules at the end; returns self."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"{type(self).__name__}.extend got {type(modules).__name__}; it needs several modules."
            )
        for module in list(modules):
            self.append(module)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take the module at ``index`` out and return it."""
        module = list(self._modules.values())[_position(index, len(self), self)]
        del self[index]
        return module


class Sequential(_Numbered):
    """Calls its children in order, each on the output of the one before.

    A convolution, a relu and a 2 x 2 max-pooling that follow each other run in one pass (fusion.py),
    and so do a linear layer and a relu.
    Takes modules, or one OrderedDict of named modules.

    >>> net = nn.Sequential(nn.Identity(), nn.ReLU())
    >>> net(tensor([-1.0, 2.0]))
    tensor([0., 2.])
    >>> net[1], len(net)
    (ReLU(), 2)
    """

    def __init__(self, *args: Any):
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self._reset(args)

    def forward(self, input: Any) -> Any:
        attributes = self.__dict__
        modules, i = [attributes[name] for name in attributes["_module_names"]], 0
        while i < len(modules):
            module = modules[i]
            if type(module) in fusion.FIRST:
                taken, input = fusion.run(modules, i, input)
                i += taken
            else:
                input = module(input)
                i += 1
        return input

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return list(self._modules.values())[_position(index, len(self), self)]

    def __add__(self, other: Any) -> Sequential:
        if not isinstance(other, Sequential):
            raise TypeError(f"Sequential + {type(other).__name__}: it needs another Sequential on the right.")
        return Sequential(*self, *other)

    def __iadd__(self, other: Any) -> Sequential:
        if not isinstance(other, Sequential):
            raise TypeError(
                f"Sequential += {type(other).__name__}: it needs another Sequential on the right."
            )
        return self.extend(other)

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*self._repeated(times))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        self._reset(self._repeated(times))
        return self

    def _repeated(self, times: int) -> list:
        if not isinstance(times, int) or times <= 0:
            raise (TypeError if not isinstance(times, int) else ValueError)(
                f"Sequential got {times!r} repetitions; it needs an int >= 1."
            )
        return list(self) * times


class ModuleList(_Numbered):
    """A list of modules that are registered; it has no forward of its own.

    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    _is_list = True

    def __init__(self, modules: Iterable[Module] | None = None):
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, index: Any) -> Any:
        modules = list(self._modules.values())
        if isinstance(index, slice):
            part = type(self)(modules[index])
            # A slice is a second holder: the children keep the path of the first.
            for name, module in self._modules.items():
                if module in part._modules.values():
                    module._take_scope_name(f"{self._scope_name}.{name}" if self._scope_name else name)
            return part
        return modules[_position(index, len(modules), self)]

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)

    def __repr__(self) -> str:
        """As PyTorch: equal neighbours are counted instead of repeated."""
        runs: list[list] = []  # first, last, repr
        for i, module in enumerate(self):
            text = repr(module)
            if runs and runs[-1][2] == text:
                runs[-1][1] = i
            else:
                runs.append([i, i, text])
        lines = [
            f"({first}): {indent(text)}"
            if first == last
            else f"({first}-{last}): {last - first + 1} x {indent(text)}"
            for first, last, text in runs
        ]
        return layout(self._get_name(), [], lines)


class ModuleDict(Module):
    """A dictionary of modules that are registered, in the order they came.

    >>> heads = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Identity()})
    >>> heads["a"](tensor([-1.0]))
    tensor([0.])
    """

    _is_list = True

    def __init__(self, modules: Any = None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Remove every module."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Take the module out and return it."""
        return self._modules.pop(key)

    def keys(self) -> Any:
        return self._modules.keys()

    def items(self) -> Any:
        return self._modules.items()

    def values(self) -> Any:
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add or replace modules from a mapping or from pairs (key, module)."""
        pairs = modules.items() if isinstance(modules, (Mapping, ModuleDict)) else modules
        if not isinstance(pairs, Iterable):
            raise TypeError(f"ModuleDict.update got {type(modules).__name__}; it needs a mapping or pairs.")
        for key, module in pairs:
            self[key] = module


def _as_parameter(value: Any) -> Any:
    """A Tensor becomes a Parameter, as in PyTorch; anything else stays what it is."""
    if isinstance(value, Variable) and not isinstance(value, Parameter):
        return Parameter(value)
    return value


class _Entries(Module):
    """Values under names, Parameters among them registered: what the two below share."""

    def _names(self) -> list[str]:
        return self.__dict__["_keys"]

    def _put(self, name: str, value: Any) -> None:
        value = _as_parameter(value)
        if name not in self._names():
            self._names().append(name)
        elif not isinstance(value, Parameter):
            delattr(self, name)
        setattr(self, name, value)

    def _remove(self, name: str) -> Any:
        value = getattr(self, name)
        delattr(self, name)
        self._names().remove(name)
        return value

    def __len__(self) -> int:
        return len(self._names())

    def extra_repr(self) -> str:
        lines = []
        for name in self._names():
            value = getattr(self, name)
            if isinstance(value, Variable):
                size = "x".join(str(n) for n in value.array.shape)
                kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
                text = f"{kind} containing: [minigrad.{value.array.dtype} of size {size}]"
            else:
                text = f"Object of type: {type(value).__name__}"
            lines.append(f"  ({name}): {text}")
        return "\n".join(lines)


class ParameterList(_Entries):
    """A list of parameters that are registered; Tensors become Parameters.

    >>> scales = nn.ParameterList([tensor([1.0]), tensor([2.0])])
    >>> [name for name, _ in scales.named_parameters()]
    ['0', '1']
    """

    def __init__(self, values: Iterable[Any] | None = None):
        super().__init__()
        self.__dict__["_keys"] = []
        if values is not None:
            self.extend(values)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)([getattr(self, name) for name in self._names()[index]])
        return getattr(self, str(_position(index, len(self), self)))

    def __setitem__(self, index: Any, value: Any) -> None:
        self._put(str(_position(index, len(self), self)), value)

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(len(self))])

    def append(self, value: Any) -> ParameterList:
        """Add a value at the end; returns self."""
        self._put(str(len(self)), value)
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add several values at the end; returns self."""
        if not isinstance(values, Iterable) or isinstance(values, Variable):
            raise TypeError(f"ParameterList.extend got {type(values).__name__}; it needs several parameters.")
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)


class ParameterDict(_Entries):
    """A dictionary of parameters that are registered; Tensors become Parameters.

    >>> scales = nn.ParameterDict({"left": tensor([1.0])})
    >>> "left" in scales, list(scales.keys())
    (True, ['left'])
    """

    def __init__(self, parameters: Any = None):
        super().__init__()
        self.__dict__["_keys"] = []
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._names():
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._put(key, value)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._names()))

    def __contains__(self, key: str) -> bool:
        return key in self._names()

    def get(self, key: str, default: Any = None) -> Any:
        """The value under ``key``, or ``default``."""
        return getattr(self, key) if key in self._names() else default

    def pop(self, key: str) -> Any:
        """Take the value out and return it. Raises KeyError."""
        if key not in self:
            raise KeyError(key)
        return self._remove(key)

    def keys(self) -> list[str]:
        return list(self._names())

    def values(self) -> list:
        return [self[key] for key in self]

    def items(self) -> list[tuple[str, Any]]:
        return [(key, self[key]) for key in self]

    def update(self, parameters: Any) -> None:
        """Add or replace values from a mapping or from pairs (key, value)."""
        pairs = parameters.items() if isinstance(parameters, (Mapping, ParameterDict)) else parameters
        for key, value in pairs:
            self[key] = value

    def clear(self) -> None:
        """Remove every value."""
        for key in list(self._names()):
            self._remove(key)
