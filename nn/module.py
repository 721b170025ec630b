"""Module: the base of every layer and model. It finds its parameters by their attributes.

    registration   self.weight = Parameter(...), register_buffer, add_module
    traversal      parameters, children, modules, ... (nn/traversal.py)
    running        __call__: hooks, then forward; errors say in which module they arose
    state          state_dict and load_state_dict (nn/state.py); train, eval, to

While a forward runs, ``tape.scope`` holds the module's path, so that recorded nodes know
where they were made. A child learns its name when it is registered.

Below: parameter.py, hooks.py, state.py, traversal.py. Above: every layer. Tests: tests/nn/test_module.py.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad.errors import DTypeError, ShapeError
from minigrad.ops.casting import as_dtype
from minigrad.ops.creation import check_device
from minigrad.tape import Variable, module_watchers, scope
from minigrad.tensor import Tensor
from minigrad.tracing import changes, effect

from . import state
from .hooks import BackwardWatch, RemovableHandle, register
from .parameter import Buffer, Parameter
from .traversal import Traversal

_NAMED_ERRORS = (ShapeError, DTypeError, IndexError, ValueError)


class Module(Traversal):
    """Base class: assign Parameters and Modules in ``__init__``, compute in ``forward``.

    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(tensor([2.0]))
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(tensor([1.0, 3.0])).detach()
    tensor([2., 6.])
    """

    training: bool
    _is_list = False  # ModuleList and ModuleDict are never called: their children carry the path

    def __init__(self) -> None:
        self.__dict__.update(
            training=True,
            _scope_name="",
            _parameter_names={},
            _buffer_names={},
            _module_names={},
            _non_persistent_buffers_set=set(),
            _forward_pre_hooks=OrderedDict(),
            _forward_hooks=OrderedDict(),
            _backward_pre_hooks=OrderedDict(),
            _backward_hooks=OrderedDict(),
            _has_hooks=False,
        )

    # ------------------------------------------------ running

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass writes its own."""
        raise NotImplementedError(
            f"{type(self).__name__} got a call and has no forward; it needs a method forward(self, ...)."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        token = self._enter_scope()
        try:
            if module_watchers:
                return self._call_watched(args, kwargs)
            if self._has_hooks:
                return self._call_with_hooks(args, kwargs)
            return self.forward(*args, **kwargs)
        except _NAMED_ERRORS as error:
            self._name_place(error)
            raise
        finally:
            scope.reset(token)

    def _enter_scope(self) -> Any:
        """Say that this module runs, so that what is recorded and raised bears its path."""
        name = self._scope_name
        outer = scope.get()
        return scope.set(f"{outer}.{name}" if outer and name else outer or name)

    def _instead(self, function: Callable, *operands: Any) -> Any:
        """Call ``function``, which does what this module does and more, in the module's name."""
        token = self._enter_scope()
        try:
            return function(*operands)
        except _NAMED_ERRORS as error:
            self._name_place(error)
            raise
        finally:
            scope.reset(token)

    def _call_watched(self, args: tuple, kwargs: dict) -> Any:
        """The call, with those told who want to know when it begins and when it ends."""
        ends = [watcher(self) for watcher in module_watchers]
        try:
            return self._call_with_hooks(args, kwargs)
        finally:
            for end in ends:
                end()

    def _call_with_hooks(self, args: tuple, kwargs: dict) -> Any:
        for operand in (*args, *kwargs.values()):  # a hook may keep it: no promise may wait any longer
            if isinstance(operand, Variable):
                operand.array  # noqa: B018
        for hook, with_kwargs in list(self._forward_pre_hooks.values()):
            changed = hook(self, args, kwargs) if with_kwargs else hook(self, args)
            if changed is None:
                continue
            if with_kwargs:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise TypeError(
                        f"a forward pre-hook with kwargs returned {type(changed).__name__}; it needs "
                        "None or a pair (args, kwargs)."
                    )
                args, kwargs = changed
            else:
                args = changed if isinstance(changed, tuple) else (changed,)
        watch = BackwardWatch(self) if self._backward_hooks or self._backward_pre_hooks else None
        output = self.forward(*(watch.before(args) if watch else args), **kwargs)
        for hook, with_kwargs in list(self._forward_hooks.values()):
            changed = hook(self, args, kwargs, output) if with_kwargs else hook(self, args, output)
            if changed is not None:
                output = changed
        return watch.after(output) if watch else output

    def _name_place(self, error: Any) -> None:
        """Put the path of the innermost module before the error's message, once."""
        if type(error) not in _NAMED_ERRORS or getattr(error, "module_path", None) is not None:
            return
        error.module_path = scope.get()
        if error.args and isinstance(error.args[0], str):
            place = f"{error.module_path} {self._label()}".strip()
            error.args = (f"{place}: {error.args[0]}", *error.args[1:])

    def _label(self) -> str:
        """``Linear(4, 2)``: the class and the whole numbers that its extra_repr starts with."""
        sizes = re.match(r"(?:(?:\w+=)?\d+(?:, |$))*", self.extra_repr())
        numbers = re.findall(r"\d+(?=, |$)", sizes.group() if sizes else "")
        return f"{type(self).__name__}({', '.join(numbers)})"

    def register_forward_pre_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before each forward; what it returns replaces the arguments."""
        self._has_hooks = True
        return register(self._forward_pre_hooks, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each forward; a result replaces the output."""
        self._has_hooks = True
        return register(self._forward_hooks, (hook, with_kwargs), prepend)

    def register_full_backward_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when gradients reach the outputs; a result replaces them."""
        self._has_hooks = True
        return register(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the inputs are done.

        What it returns replaces grad_input. Gradients are tuples, None for what takes none;
        keyword arguments are not watched.
        """
        self._has_hooks = True
        return register(self._backward_hooks, hook, prepend)

    # ------------------------------------------------ registration

    def __setattr__(self, name: str, value: Any) -> None:
        changes[0] += 1
        attributes = self.__dict__
        if "_parameter_names" not in attributes:
            if isinstance(value, (Parameter, Buffer, Module)):
                raise AttributeError(
                    f"{type(self).__name__} got the attribute {name!r} before super().__init__(); it "
                    "needs that call first: put super().__init__() at the top of __init__."
                )
            object.__setattr__(self, name, value)
        elif isinstance(value, Parameter):
            self._forget(name, "_parameter_names")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self._forget(name, "_module_names")
            self.register_module(name, value)
        elif isinstance(value, Buffer):
            self._forget(name, "_buffer_names")
            self.register_buffer(name, value, value.persistent)
        elif name in attributes["_parameter_names"]:
            self._refuse_unless_none(name, value, "Parameter")
            attributes[name] = None
        elif name in attributes["_module_names"]:
            self._refuse_unless_none(name, value, "Module")
            attributes[name] = None
        elif name in attributes["_buffer_names"]:
            if not isinstance(value, Variable):
                self._refuse_unless_none(name, value, "Tensor")
            attributes[name] = value
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, kept: str) -> None:
        """Make room for ``name`` in the registry ``kept``, where it keeps its place."""
        attributes = self.__dict__
        for names in ("_parameter_names", "_buffer_names", "_module_names"):
            if names != kept:
                attributes[names].pop(name, None)
        if name not in attributes[kept]:
            attributes.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def _refuse_unless_none(self, name: str, value: Any, kind: str) -> None:
        if value is not None:
            raise TypeError(
                f"{type(self).__name__}.{name} got {type(value).__name__}; it needs a {kind} or None. "
                f"To replace it by something else, delete it first: del module.{name}."
            )

    def __getattr__(self, name: str) -> Any:  # of what is not there
        hint = "" if "_parameter_names" in self.__dict__ else "; super().__init__() has not been called"
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def __delattr__(self, name: str) -> None:
        changes[0] += 1
        for registry in (self._parameters, self._buffers, self._modules):
            if name in registry:
                del registry[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted(name for name in super().__dir__() if not name[0].isdigit())

    def _check_name(self, name: Any, registry: Mapping, function: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{function} got a name of type {type(name).__name__}; it needs a str.")
        if not name or "." in name:
            raise KeyError(f'{function} got the name {name!r}; it needs one without ".", not empty.')
        if hasattr(self, name) and name not in registry:
            raise KeyError(f"{function} got the name {name!r}; that attribute already exists.")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under ``name``; None keeps the place (a layer without bias).

        Raises KeyError for a name that does not fit, TypeError for anything but a Parameter,
        ValueError for a computed one.
        """
        if "_parameter_names" not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__} got the parameter {name!r} before super().__init__(); it needs "
                "that call first."
            )
        self._check_name(name, self._parameters, "register_parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"register_parameter got {type(param).__name__} for {name!r}; it needs an "
                "nn.Parameter or None."
            )
        if param is not None and param.node is not None:
            raise ValueError(
                f"register_parameter got a computed tensor for {name!r}; it needs a leaf. "
                "Compute the value inside forward() instead."
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state but is not trained.

        ``persistent=False`` leaves it out of the state_dict. Raises KeyError, TypeError.
        """
        if "_buffer_names" not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__} got the buffer {name!r} before super().__init__(); it needs "
                "that call first."
            )
        self._check_name(name, self._buffers, "register_buffer")
        if tensor is not None and not isinstance(tensor, Variable):
            raise TypeError(
                f"register_buffer got {type(tensor).__name__} for {name!r}; it needs a Tensor or None."
            )
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child under ``name``. Raises KeyError for the name, TypeError for the child."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(
                f"add_module got {type(module).__name__} for {name!r}; it needs an nn.Module or None."
            )
        self._check_name(name, self._modules, "add_module")
        self._modules[name] = module
        if module is not None:
            inside = self._is_list and self._scope_name
            module._take_scope_name(f"{self._scope_name}.{name}" if inside else name)

    def register_module(self, name: str, module: Module | None) -> None:
        """Another name of ``add_module``."""
        self.add_module(name, module)

    def _take_scope_name(self, name: str) -> None:
        self.__dict__["_scope_name"] = name
        if self._is_list:
            for key, child in self._modules.items():
                if child is not None:
                    child._take_scope_name(f"{name}.{key}")

    # ------------------------------------------------ modes and state

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all below it to training (dropout active, and so on)."""
        if not isinstance(mode, bool):
            raise ValueError(f"train got mode={mode!r}; it needs True or False.")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Module:
        """Switch to evaluation: ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Say for every parameter whether it is trained."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    @effect
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop every parameter's gradient, or with ``set_to_none=False`` fill it with zeros."""
        for parameter in self.parameters():
            state.zero_grad(parameter, set_to_none)

    def to(self, *args: Any, device: Any = None, dtype: Any = None, **kwargs: Any) -> Module:
        """Convert float parameters and buffers in place: ``to(dtype)``, ``to("cpu", dtype)``, ``to(tensor)``.

        Raises DTypeError unless the dtype is a float one, ValueError for any device but the CPU.
        """
        for argument in args:
            if isinstance(argument, Variable):
                dtype = argument.array.dtype
            elif isinstance(argument, str) and argument.partition(":")[0] in ("cpu", "cuda", "mps"):
                device = argument
            elif argument is not None and not isinstance(argument, bool):
                dtype = argument
        check_device(device)
        if dtype is None:
            return self
        dtype = as_dtype(dtype)
        if dtype.kind != "f":
            raise DTypeError(f"Module.to got {dtype}; it needs float16, float32 or float64.")
        return state.convert(self, dtype)

    def type(self, dst_type: Any) -> Module:
        """Convert every parameter and buffer, integers too, in place."""
        return state.convert(self, as_dtype(dst_type), only_floats=False)

    def float(self) -> Module:
        """Float parameters and buffers to float32, in place."""
        return state.convert(self, np.dtype(np.float32))

    def double(self) -> Module:
        """Float parameters and buffers to float64, in place."""
        return state.convert(self, np.dtype(np.float64))

    def half(self) -> Module:
        """Float parameters and buffers to float16, in place."""
        return state.convert(self, np.dtype(np.float16))

    def cpu(self) -> Module:
        """This module: all tensors live on the CPU."""
        return self

    def state_dict(
        self, *, destination: OrderedDict | None = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict:
        """Every parameter and persistent buffer under its path; the tensors share memory.

        >>> list(nn.Linear(2, 1).state_dict())
        ['weight', 'bias']
        """
        return state.save(self, OrderedDict() if destination is None else destination, prefix, keep_vars)

    def load_state_dict(self, state_dict: Mapping, strict: bool = True, assign: bool = False) -> Any:
        """Copy values in by name, from Tensors, arrays or anything NumPy reads.

        ``strict=False`` lets keys be missing or left over; ``assign=True`` takes the given
        memory instead of copying. Returns (missing_keys, unexpected_keys). Raises RuntimeError
        that lists every missing, unexpected and mis-shaped key; then nothing has changed.
        """
        return state.load(self, state_dict, strict, assign)

    # ------------------------------------------------ printing

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses in ``repr``."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {indent(repr(m))}" for name, m in self._modules.items()]
        return layout(self._get_name(), lines, children)

    def _repr_html_(self) -> str:
        """What a notebook shows: the tree of modules, which opens and closes."""
        from minigrad.html import module_html

        return module_html(self)


def indent(text: str) -> str:
    """``text`` with all lines but the first moved two places to the right."""
    return text.replace("\n", "\n  ")


def layout(name: str, lines: list[str], children: list[str]) -> str:
    """``Name(extra)`` on one line, or one line per child."""
    if len(lines) == 1 and not children:
        return f"{name}({lines[0]})"
    if not lines and not children:
        return f"{name}()"
    return f"{name}(\n  " + "\n  ".join(lines + children) + "\n)"
