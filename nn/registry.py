"""Registry: the parameters, the buffers or the children of a module, as a mapping by name.

The values lie among the module's other attributes, so that ``self.weight`` is found like any of
them, in a tenth of the time of a look through ``__getattr__``; the module keeps the names apart.
A Registry is made when it is asked for and writes through.

Above: module.py, traversal.py, state.py, container.py. Tests: tests/nn/test_module.py.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from minigrad.tracing import changes


class Registry(MutableMapping):
    """Names from ``names``, values from ``attributes``, the ``__dict__`` of a module."""

    __slots__ = ("attributes", "names")

    def __init__(self, attributes: dict, names: dict):
        self.attributes, self.names = attributes, names

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        return self.attributes[name]

    def __setitem__(self, name: str, value: Any) -> None:
        changes[0] += 1
        self.names[name] = None
        self.attributes[name] = value

    def __delitem__(self, name: str) -> None:
        changes[0] += 1
        del self.names[name]
        del self.attributes[name]

    def __contains__(self, name: Any) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return repr(dict(self))
