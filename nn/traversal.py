"""Walking the tree of modules: parameters, buffers, children, modules, each with a named_ twin.

Every tensor and module comes once, also when it is shared. Parents come before children,
except in ``apply``.

Above: module.py. Tests: tests/nn/test_module.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .registry import Registry

if TYPE_CHECKING:
    from minigrad.tensor import Tensor

    from .module import Module
    from .parameter import Parameter


class Traversal:
    """The part of Module that only reads its three registries."""

    @property
    def _parameters(self) -> Registry:
        return Registry(self.__dict__, self.__dict__["_parameter_names"])

    @property
    def _buffers(self) -> Registry:
        return Registry(self.__dict__, self.__dict__["_buffer_names"])

    @property
    def _modules(self) -> Registry:
        return Registry(self.__dict__, self.__dict__["_module_names"])

    def _named_members(self, registry: str, prefix: str, recurse: bool, once: bool) -> Iterator:
        seen = set()
        owners = self.named_modules(prefix=prefix, remove_duplicate=once) if recurse else [(prefix, self)]
        for path, module in owners:
            for name, member in getattr(module, registry).items():
                if member is None or member in seen:
                    continue
                if once:
                    seen.add(member)
                yield (f"{path}.{name}" if path else name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Pairs (path, parameter); one that is shared comes once."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and (with ``recurse``) of all below it, each once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Pairs (path, buffer); one that is shared comes once."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and (with ``recurse``) of all below it, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Pairs (name, module) of the direct children, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct children, each once."""
        for _, module in self.named_children():
            yield module

    def named_modules(
        self, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Pairs (path, module) of this module and all below it, parents first."""
        module: Any = self
        memo = set() if memo is None else memo
        if module in memo:
            return
        if remove_duplicate:
            memo.add(module)
        yield prefix, module
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        for _, module in self.named_modules():
            yield module

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path; "" is this module. Raises AttributeError."""
        module: Any = self
        for name in target.split(".") if target else ():
            child = module._modules.get(name)
            if child is None:
                raise AttributeError(
                    f"get_submodule got {target!r}, but {type(module).__name__} has no child {name!r}; "
                    f"it needs one of {list(module._modules)}."
                )
            module = child
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path. Raises AttributeError."""
        return self._get_member(target, "_parameters", "get_parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path. Raises AttributeError."""
        return self._get_member(target, "_buffers", "get_buffer")

    def _get_member(self, target: str, registry: str, function: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = getattr(module, registry).get(name)
        if found is None:
            raise AttributeError(
                f"{function} got {target!r}, but {type(module).__name__} has no {name!r} there; it "
                f"needs one of {list(getattr(module, registry))}."
            )
        return found

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call ``fn`` on every module, children first, and return this one."""
        module: Any = self
        for child in self.children():
            child.apply(fn)
        fn(module)
        return module
