"""What an error says: what came, what fits, and how to mend it.

Each row runs something wrong and names words of the message; ``mend`` words stand apart so that
a row without advice is seen. The class is the built-in one that a caller would catch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.errors import DTypeError, GraphError, ShapeError
from minigrad.nn import functional as F


class Row(NamedTuple):
    name: str
    run: Callable
    kind: type
    given: tuple  # words for what came
    fits: tuple  # words for what is needed
    mend: tuple = ()  # words of advice


def x():
    return mg.ones(2, 3)


def leaf():
    return mg.ones(3, requires_grad=True)


def net():
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))


def backward_twice():
    w = leaf()
    y = (w * w).sum()
    y.backward()
    y.backward()


def unused_input():
    mg.autograd.grad((leaf() * 2).sum(), leaf())


def change_an_expanded_tensor():
    mg.ones(1, 3).expand(2, 3).add_(1)


def assign_to_a_leaf():
    leaf()[0] = 1


def transpose_what_has_views():
    v = mg.ones(2, 3)
    row = v[0]
    v.t_()
    return row


class OfTheCaller(nn.Linear):
    def __init__(self, size):
        super().__init__(size, 2)


def load(module, state):
    return lambda: module.load_state_dict(state)


SHAPES = [
    Row("broadcast", lambda: x() + mg.ones(2, 4), ShapeError, ("add", "(2, 3)", "(2, 4)"), ("broadcast", "3 meets 4")),
    Row("matmul", lambda: x() @ x(), ShapeError, ("matmul", "(2, 3) and (2, 3)"), ("last size", "second to last"), ("transposed",)),
    Row("reshape", lambda: x().reshape(4, 2), ShapeError, ("reshape", "8 elements"), ("6 elements", "equally many"), ("-1",)),
    Row("cat", lambda: mg.cat([x(), mg.ones(2, 4)]), ShapeError, ("cat", "(2, 3) and (2, 4)", "dim=0"), ("differ in that dimension only",)),
    Row("stack", lambda: mg.stack([x(), leaf()]), ShapeError, ("stack", "(2, 3) and (3,)"), ("equal shapes",), ("cat",)),
    Row("expand", lambda: x().expand(3, 3), ShapeError, ("expand", "(3, 3)", "(2, 3)"), ("equal sizes",)),
    Row("view of a transposed tensor", lambda: x().t().view(6), GraphError, ("view", "(6,)", "(3, 2)"), ("without copying",), ("reshape",)),
    Row("einsum of lists", lambda: mg.einsum(x(), 0, x(), [1, 2]), ValueError, ("einsum", "0 after an operand"), ("a list of numbers",), ("begin with an equation",)),
    Row("diagonal fill", lambda: mg.ones(2, 3, 4).fill_diagonal_(0), ShapeError, ("fill_diagonal_", "(2, 3, 4)"), ("a matrix", "all have one size")),
    Row("two names", lambda: mg.linalg.det(A=x(), input=x()), TypeError, ("det", "input and A"), ("one of them",)),
    Row("addcmul", lambda: mg.addcmul(x(), x(), mg.ones(2, 4)), ShapeError, ("addcmul", "(2, 3)", "(2, 4)"), ("broadcast",)),
    Row("einsum", lambda: mg.einsum("ij,jk", x(), x()), ShapeError, ("einsum", "'ij,jk'"), ("3 and 2 for 'j'", "one size per letter")),
    Row("conv2d channels", lambda: F.conv2d(mg.ones(1, 2, 8, 8), mg.ones(4, 3, 3, 3)), ShapeError, ("(1, 2, 8, 8)", "2 channels"), ("3 input channels",)),
    Row("conv2d kernel", lambda: F.conv2d(mg.ones(1, 3, 8, 8), mg.ones(4, 3, 9, 9)), ShapeError, ("(9, 9)", "8 x 8"), ("no larger",), ("Pad more",)),
    Row("item", lambda: x().item(), ValueError, ("item", "(2, 3)"), ("exactly one element",), ("tolist",)),
    Row("truth", lambda: bool(x()), RuntimeError, ("6 elements",), ("exactly one",), ("any()", "all()")),
    Row("len", lambda: len(mg.tensor(1)), TypeError, ("0-dim",), ("at least one dimension",)),
    Row("nll_loss", lambda: F.nll_loss(x(), mg.tensor([1])), ShapeError, ("(2, 3)", "(1,)"), ("one class per example",)),
]  # fmt: skip

DTYPES = [
    Row("gradient of integers", lambda: mg.tensor([1], requires_grad=True), DTypeError, ("int64",), ("float dtype",), ("x.float()",)),
    Row("bools subtracted", lambda: mg.tensor([True]) - mg.tensor([True]), DTypeError, ("sub", "bools"), ("numbers",), ("^", "~x")),
    Row("bits of floats", lambda: x() & x(), DTypeError, ("bitwise_and", "float32"), ("integers or bools",), ("x.int()",)),
    Row("in place", lambda: mg.tensor([1]).add_(0.5), DTypeError, ("add_", "float32"), ("int64", "cannot change"), ("without the underscore",)),
    Row("complex", lambda: mg.zeros(2, dtype=complex), DTypeError, ("complex",), ("float dtype",), ("minigrad.float32",)),
    Row("condition", lambda: mg.where(x(), x(), x()), DTypeError, ("where", "float32"), ("bool",), ("x != 0",)),
    Row("labels", lambda: F.cross_entropy(x(), mg.tensor([0.0, 1.0])), DTypeError, ("float32",), ("integer class numbers",), ("target.long()",)),
    Row("a list", lambda: x() + [1], TypeError, ("add", "list"), ("a Tensor, an array or a number",), ("minigrad.tensor",)),
    Row("from_numpy", lambda: mg.from_numpy([1]), TypeError, ("from_numpy", "list"), ("numpy.ndarray",), ("minigrad.tensor",)),
]  # fmt: skip

INDICES = [
    Row("dim", lambda: x().sum(5), IndexError, ("sum", "dim=5", "2 dimensions"), ("[-2, 1]",)),
    Row("index", lambda: x()[5], IndexError, ("index 5", "dimension 0 of size 2"), ("[-2, 1]",)),
    Row("too many", lambda: x()[0, 0, 0], IndexError, ("3 indices", "2 dimensions"), ("at most one index per dimension",)),
    Row("gather", lambda: x().gather(1, mg.tensor([[9]])), IndexError, ("gather", "index 9", "size 3"), ("[0, 2]",)),
    Row("topk", lambda: x().topk(9), IndexError, ("topk", "k=9", "size 3"), ("0 <= k <= 3",)),
    Row("classes", lambda: F.cross_entropy(x(), mg.tensor([0, 5])), IndexError, ("class 5", "position 1"), ("[0, 2]",), ("start at 1",)),
    Row("embedding", lambda: F.embedding(mg.tensor([3]), mg.ones(3, 2)), IndexError, ("3 rows",), ("[0, 2]",)),
]  # fmt: skip

GRAPHS = [
    Row("freed", backward_twice, GraphError, ("freed", "mul", "test_errors.py"), ("residuals",), ("retain_graph=True",)),
    Row("no scalar", lambda: (leaf() * 2).backward(), GraphError, ("shape (3,)", "no gradient"), ("single element",), ("ones_like",)),
    Row("no gradient", lambda: x().sum().backward(), GraphError, ("requires no grad",), ("requires_grad=True",), ("no_grad", "detached")),
    Row("unused", unused_input, GraphError, ("input 0", "(3,)", "do not depend"), ("inputs that were used",), ("allow_unused=True",)),
    Row("leaf in place", lambda: leaf().add_(1), GraphError, ("add_", "leaf"), ("computed tensor",), ("no_grad()", "clone()")),
    Row("leaf assigned", assign_to_a_leaf, GraphError, ("view of a leaf",), ("computed tensor",), ("no_grad()", "clone()")),
    Row("expanded", change_an_expanded_tensor, GraphError, ("add_", "(2, 3)", "share memory"), ("memory of its own",), ("x.clone()",)),
    Row("transposed under views", transpose_what_has_views, GraphError, ("t_", "has views"), ("one without",), ("without the underscore",)),
    Row("numpy", lambda: leaf().numpy(), GraphError, ("requires grad",), ("unnoticed",), ("detach().numpy()",)),
    Row("class weights", lambda: F.cross_entropy(x(), mg.tensor([0, 1]), weight=leaf()), GraphError, ("cross_entropy", "weight that requires grad"), ("constants",), ("weight.detach()",)),
    Row("class weights of nll_loss", lambda: F.nll_loss(x(), mg.tensor([0, 1]), weight=leaf()), GraphError, ("nll_loss", "weight that requires grad"), ("constants",), ("weight.detach()",)),
    Row("batched", lambda: mg.autograd.grad(leaf().sum(), leaf(), is_grads_batched=True), ValueError, ("is_grads_batched",), ("one gradient at a time",), ("retain_graph=True",)),
]  # fmt: skip

DEVICES = [
    Row("creation", lambda: mg.zeros(2, device="cuda"), ValueError, ("'cuda'",), ("'cpu'",), ("all tensors live there",)),
    Row("to", lambda: x().to("cuda:0"), ValueError, ("'cuda:0'",), ("'cpu'",), ("all tensors live there",)),
    Row("device", lambda: mg.device("mps"), ValueError, ("'mps'",), ("'cpu'",), ("all tensors live there",)),
]  # fmt: skip

STATES = [
    Row("sizes", load(nn.Linear(4, 3), nn.Linear(4, 2).state_dict()), RuntimeError, ("Linear", "weight: the state_dict has the shape (2, 4)"), ("module needs (3, 4)",)),
    Row("keys", load(nn.Linear(4, 3), {"w": mg.ones(1)}), RuntimeError, ('Unexpected key(s) in state_dict: "w"',), ('Missing key(s) in state_dict: "weight", "bias"',)),
    Row("optimizer", lambda: optim.SGD(net().parameters(), lr=0.1).load_state_dict({"state": {}, "param_groups": [{"params": [0]}]}), ValueError, ("1 parameters in group 0",), ("needs 4",)),
]  # fmt: skip

OPTIMIZERS = [
    Row("lr", lambda: optim.SGD(net().parameters(), lr=-1), ValueError, ("SGD", "lr=-1"), ("lr >= 0",)),
    Row("momentum", lambda: optim.SGD(net().parameters(), lr=0.1, momentum=-1), ValueError, ("momentum=-1",), ("momentum >= 0",), ("usually 0.9",)),
    Row("nesterov", lambda: optim.SGD(net().parameters(), lr=0.1, nesterov=True), ValueError, ("nesterov=True", "momentum=0"), ("momentum > 0",)),
    Row("betas", lambda: optim.Adam(net().parameters(), betas=(1.0, 0.9)), ValueError, ("Adam", "betas[0]=1.0"), ("0 <= betas[0] < 1",), ("usually 0.9",)),
    Row("eps", lambda: optim.Adam(net().parameters(), eps=-1), ValueError, ("eps=-1",), ("eps >= 0",), ("usually 1e-8",)),
    Row("empty", lambda: optim.SGD([], lr=0.1), ValueError, ("empty parameter list",), ("at least one parameter",)),
    Row("one tensor", lambda: optim.SGD(leaf(), lr=0.1), TypeError, ("single Tensor",), ("iterable of Tensors",), ("SGD([tensor])",)),
]  # fmt: skip

VALUES = [
    Row("save", lambda: mg.save(x(), 5), TypeError, ("save", "int"), ("a path or a binary file",), ('save(x, "x.npz")',)),
    Row("zero divisor", lambda: mg.tensor([1]) // 0, ZeroDivisionError, ("integers", "divide by 0"), ("other than 0",), ("x.float()",)),
    Row("singular", lambda: mg.linalg.inv(mg.zeros(2, 2)), mg.linalg.LinAlgError, ("singular",), ("full rank",), ("linalg.pinv",)),
    Row("not positive", lambda: mg.linalg.cholesky(-mg.eye(2)), mg.linalg.LinAlgError, ("not positive definite",), ("positive eigenvalues",), ("identity",)),
    Row("steps", lambda: mg.arange(1, 5, 0), ValueError, ("start=1, end=5, step=0",), ("not 0",)),
    Row("range", lambda: mg.randint(5, 5, (2,)), ValueError, ("low=5 and high=5",), ("low < high",)),
    Row("weights", lambda: mg.multinomial(mg.zeros(3), 1), ValueError, ("all-zero weights",), ("sum > 0",)),
]  # fmt: skip

# What only NumPy, Numba or Python stumbled over, put in our words at the door.
ARGUMENTS = [
    Row("no tensor", lambda: mg.sum(None), TypeError, ("sum", "input=None"), ("a Tensor",), ("sum(input, dim=None",)),
    Row("no number", lambda: x().addcmul(x(), x(), value="a"), TypeError, ("addcmul", "value='a'"), ("a number",), ("value=1)",)),
    Row("no number in place", lambda: x().cauchy_(None), TypeError, ("cauchy_", "median=None"), ("a number",), ("cauchy_(self",)),
    Row("no integer", lambda: F.cross_entropy(x(), mg.tensor([0, 1]), ignore_index=np.ones(2)), TypeError, ("ignore_index=array (2,)",), ("an integer",)),
    Row("an array as alpha", lambda: x().add(x(), alpha=np.ones(2)), TypeError, ("add got alpha=array (2,)",), ("a number",)),
    Row("a tensor as alpha", lambda: mg.sub(x(), x(), alpha=x()), TypeError, ("sub got alpha=Tensor (2, 3)",), ("a number",)),
    Row("a word as alpha", lambda: x().add_(x(), alpha="a"), TypeError, ("alpha='a'",), ("a number",)),
    Row("an array as requires_grad", lambda: x().requires_grad_(np.ones(2)), TypeError, ("requires_grad_", "requires_grad of type ndarray"), ("True or False",)),
    Row("requires_grad of a module", lambda: net().requires_grad_("no"), TypeError, ("requires_grad of type str",), ("True or False",)),
    Row("an array as grad mode", lambda: mg.set_grad_enabled(np.ones(2)), TypeError, ("set_grad_enabled", "mode of type ndarray"), ("True or False",)),
    Row("a word as inference mode", lambda: mg.inference_mode("off"), TypeError, ("inference_mode", "mode of type str"), ("True or False",)),
    Row("compiled", lambda: F.softplus(x(), 1, (1, 2)), TypeError, ("threshold=(1, 2)",), ("a number",)),
    Row("unknown keyword", lambda: x().add_(x(), bogus=1), TypeError, ("add_", "'bogus'"), ("add_(input, other, *, alpha=1)",)),
    Row("argument missing", lambda: mg.gather(x(), 1), TypeError, ("gather", "'index'"), ("gather(input, dim, index",)),
    Row("shapes inside", lambda: x().bernoulli_(mg.ones(5)), ShapeError, ("bernoulli_", "(2, 3)", "(5,)"), ("fit together",), ("bernoulli_(self, p",)),
    Row("too large", lambda: mg.exp(2**70), OverflowError, ("exp", str(2**70)), ("64 bits",), ("float(n)",)),
    Row("dtype None", lambda: mg.set_default_dtype(None), DTypeError, ("None",), ("a float dtype",), ("minigrad.float32",)),
    Row("dtype of a tensor", lambda: mg.zeros(2, dtype=x()), DTypeError, ("tensor",), ("a float dtype",), ("minigrad.float32",)),
    Row("complex number", lambda: x().copy_(1j), DTypeError, ("copy_", "1j"), ("a number",)),
    Row("a string assigned", lambda: x().__setitem__(0, "a"), DTypeError, ("'a'",), ("a number",)),
    Row("size", lambda: x().size(5), IndexError, ("size", "dim=5"), ("[-2, 1]",)),
    Row("size of a number", lambda: mg.tensor(1).size(0), IndexError, ("size", "0-dim"), ("with dimensions",)),
    Row("movedim of a number", lambda: mg.movedim(mg.tensor(1), 0, 3), IndexError, ("movedim", "dim=3"), ("[-1, 0]",)),
    Row("unfold of a number", lambda: mg.tensor(1).unfold(3, 1, 1), IndexError, ("unfold", "dim=3"), ("[-1, 0]",)),
    Row("position", lambda: mg.unravel_index(mg.tensor([9]), (2, 3)), ValueError, ("position 9", "(2, 3)"), ("[0, 5]",)),
    Row("triangle", lambda: mg.tril_indices(-1, 2), ValueError, ("row=-1",), (">= 0",)),
    Row("spread", lambda: x().normal_(0, float("nan")), ValueError, ("std=nan",), (">= 0",)),
    Row("range of numbers", lambda: x().uniform_(0, float("nan")), ValueError, ("to=nan",), ("from <= to",)),
    Row("pdist", lambda: mg.pdist(x(), -1), ValueError, ("p=-1",), ("p >= 0",)),
    Row("statistics", lambda: F.batch_norm(x(), mg.ones(3), mg.ones(3).bool(), training=True), DTypeError, ("running_var", "bool"), ("floats",)),
    Row("eps of a norm", lambda: F.batch_norm(x(), None, None, training=True, eps=-1), ValueError, ("eps=-1",), ("eps >= 0",)),
    Row("padding_idx", lambda: F.embedding(mg.tensor([0]), x(), padding_idx=-7), IndexError, ("padding_idx=-7",), ("[-2, 1]",)),
    Row("gradient", lambda: leaf().sum().backward("a"), TypeError, ("backward", "str"), ("a Tensor or numbers",)),
    Row("jacobian", lambda: mg.autograd.functional.jacobian(None, leaf()), TypeError, ("jacobian", "None"), ("a function",)),
]  # fmt: skip

# Of constructors, also where a base class or a subclass of the caller stumbles.
CONSTRUCTORS = [
    Row("no integer", lambda: nn.Linear("a", 2), TypeError, ("Linear", "in_features='a'"), ("an integer",), ("Linear(in_features, out_features",)),
    Row("of a base class", lambda: nn.BatchNorm2d(None), TypeError, ("BatchNorm2d", "num_features=None"), ("an integer",), ("BatchNorm2d(num_features",)),
    Row("of a subclass", lambda: OfTheCaller("a"), TypeError, ("Linear", "in_features='a'"), ("an integer",)),
    Row("probability", lambda: nn.Dropout([0.5]), TypeError, ("Dropout", "p=[0.5]"), ("a number",)),
    Row("padding", lambda: nn.ZeroPad2d(1.5), TypeError, ("ZeroPad2d", "padding=1.5"), ("a tuple",)),
    Row("too many", lambda: nn.ReLU(True, 4), TypeError, ("ReLU", "True, 4"), ("ReLU(inplace=False)",)),
    Row("learning rate", lambda: optim.SGD(net().parameters(), lr=np.ones(2)), TypeError, ("SGD", "lr=array (2,)"), ("a number",), ("SGD(params, lr=0.001",)),
    Row("betas", lambda: optim.Adam(net().parameters(), betas=1), TypeError, ("Adam", "betas=1"), ("fit together",), ("betas=(0.9, 0.999)",)),
    Row("schedule", lambda: optim.lr_scheduler.StepLR(optim.SGD(net().parameters()), "a"), TypeError, ("StepLR", "step_size='a'"), ("an integer",)),
    Row("initialisation", lambda: nn.init.xavier_uniform_(None), TypeError, ("xavier_uniform_", "tensor=None"), ("a Tensor",)),
    Row("clipping", lambda: nn.utils.clip_grad_norm_(net().parameters()), TypeError, ("clip_grad_norm_", "'max_norm'"), ("clip_grad_norm_(parameters, max_norm",)),
]  # fmt: skip

ROWS = {
    "argument": ARGUMENTS, "shape": SHAPES, "dtype": DTYPES, "index": INDICES, "graph": GRAPHS, "device": DEVICES,
    "state": STATES, "constructor": CONSTRUCTORS, "optimizer": OPTIMIZERS, "value": VALUES,
}  # fmt: skip


@pytest.mark.parametrize(
    "row", [pytest.param(r, id=f"{subject}-{r.name}") for subject, rows in ROWS.items() for r in rows]
)
def test_the_message_says_what_came_what_fits_and_how_to_mend_it(row):
    with pytest.raises(row.kind) as caught:
        row.run()
    message = str(caught.value)
    for words in (*row.given, *row.fits, *row.mend):
        assert words in message


def test_an_error_of_a_function_of_the_caller_stays_as_it_is():
    def wrong(x):
        return x.nowhere

    with pytest.raises(AttributeError, match="nowhere"):
        mg.autograd.functional.jacobian(wrong, leaf())


def test_an_error_in_a_constructor_of_the_caller_stays_as_it_is():
    class Wrong(nn.Linear):
        def __init__(self):
            super().__init__(2, 2)
            self.nowhere.at_all()

    with pytest.raises(AttributeError, match="nowhere"):
        Wrong()


def test_what_numpy_said_stays_the_cause():
    with pytest.raises(TypeError) as caught:
        mg.sum(None)
    assert isinstance(caught.value.__cause__, AttributeError)


def test_our_errors_are_the_built_in_ones_too():
    assert issubclass(ShapeError, ValueError)
    assert issubclass(DTypeError, TypeError)
    assert issubclass(GraphError, RuntimeError)


def test_an_overwritten_kept_array_is_named_with_both_lines():
    a = leaf() * 2
    b = a * a  # recorded here
    a.add_(1)  # changed here
    with pytest.raises(GraphError) as caught:
        b.sum().backward()
    recorded, changed = (line_of("b = a * a  # recorded"), line_of("a.add_(1)  # changed"))
    assert f"test_errors.py:{recorded}" in str(caught.value)
    assert f"test_errors.py:{changed}" in str(caught.value)
    assert "clone()" in str(caught.value)


def line_of(words: str) -> int:
    """The first line of this file that starts with ``words``."""
    with open(__file__, encoding="utf-8") as file:
        return next(n for n, line in enumerate(file, 1) if line.strip().startswith(words))


def test_a_shape_error_inside_a_module_names_the_path_to_it():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = net()

        def forward(self, x):
            return self.body(x)

    with pytest.raises(ShapeError) as caught:
        Net()(mg.ones(1, 5))
    message = str(caught.value)
    assert "body.0 Linear(4, 3)" in message
    for words in ("(1, 5)", "(3, 4)", "last size is 4"):
        assert words in message


INSIDE = [
    Row("shape", lambda m: m(mg.ones(1, 5)), ShapeError, ("(1, 5)", "(3, 4)"), ("last size is 4",)),
    Row("dtype", lambda m: m(mg.ones(1, 4).double()), DTypeError, ("float64 and float32",), ("one dtype",), ("x.to(",)),
    Row("integers", lambda m: m(mg.ones(1, 4).long()), DTypeError, ("int64 and float32",), ("one dtype",), ("x.to(",)),
]  # fmt: skip


@pytest.mark.parametrize("row", INSIDE, ids=lambda row: row.name)
@pytest.mark.parametrize("depth", [1, 3])
def test_every_kind_of_error_inside_a_module_names_the_path_to_it(row, depth):
    layer = nn.Sequential(nn.ReLU(), nn.Linear(4, 3))
    for _ in range(depth):
        layer = nn.Sequential(layer)
    with pytest.raises(row.kind) as caught:
        row.run(layer)
    message = str(caught.value)
    assert message.startswith("0." * depth + "1 Linear(4, 3): ")
    for words in (*row.given, *row.fits, *row.mend):
        assert words in message


class Square(nn.Module):
    """Keeps what it computed where a caller can reach it."""

    def forward(self, x):
        self.inside = x * 1
        return self.inside * self.inside


def test_backward_through_a_module_twice_names_the_module():
    model = nn.Sequential(nn.Identity(), nn.Sequential(Square()))
    y = model(leaf()).sum()
    y.backward()
    with pytest.raises(GraphError, match=r"mul .*test_errors\.py:\d+, in module 1\.0\) was already freed"):
        y.backward()


def test_a_kept_array_of_a_module_that_was_overwritten_names_the_module_and_both_lines():
    square = Square()
    model = nn.Sequential(nn.Identity(), nn.Sequential(square))
    y = model(leaf()).sum()
    square.inside.add_(1)  # written over
    line = line_of("square.inside.add_(1)  # written over")
    words = rf"mul \(output \(3,\), recorded at .*, in module 1\.0\) .* last at .*test_errors\.py:{line};"
    with pytest.raises(GraphError, match=words):
        y.backward()


def test_an_index_outside_of_an_embedding_deep_inside_names_the_path_and_the_range():
    model = nn.Sequential(nn.Sequential(nn.Embedding(3, 4)), nn.Linear(4, 2))
    with pytest.raises(IndexError, match=r"^0\.0 Embedding\(3, 4\): .* 7 .*3 rows.*\[0, 2\]"):
        model(mg.tensor([7]))


def test_an_error_of_another_kind_inside_a_module_names_the_layer_too():
    with pytest.raises(IndexError, match=r"Embedding\(3, 2\).*3 rows"):
        nn.Embedding(3, 2)(mg.tensor([3]))


def test_a_numpy_array_of_another_byte_order_is_refused_with_advice():
    swapped = np.dtype(np.float32).newbyteorder()
    with pytest.raises(DTypeError, match=r"byte order.*minigrad\.tensor"):
        mg.from_numpy(np.zeros(2, swapped))
