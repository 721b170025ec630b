"""Random tensors: reproducible, of the right distribution, refused with a reason."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minigrad as mg

MANY = 20000

DRAWS = {
    "rand": lambda **o: mg.rand(3, 4, **o),
    "randn": lambda **o: mg.randn(3, 4, **o),
    "randint": lambda **o: mg.randint(10, (5,), **o),
    "randperm": lambda **o: mg.randperm(9, **o),
    "normal": lambda **o: mg.normal(0.0, 1.0, (4,), **o),
    "normal of tensors": lambda **o: mg.normal(mg.zeros(4), mg.ones(4), **o),
    "bernoulli": lambda **o: mg.bernoulli(mg.full((20,), 0.5), **o),
    "poisson": lambda **o: mg.poisson(mg.full((9,), 3.0), **o),
    "multinomial": lambda **o: mg.multinomial(mg.ones(9), 5, **o),
    "multinomial replaced": lambda **o: mg.multinomial(mg.ones(9), 5, True, **o),
    "uniform_": lambda **o: mg.zeros(4).uniform_(**o),
    "normal_": lambda **o: mg.zeros(4).normal_(**o),
    "bernoulli_": lambda **o: mg.zeros(20).bernoulli_(**o),
    "exponential_": lambda **o: mg.zeros(4).exponential_(**o),
    "log_normal_": lambda **o: mg.zeros(4).log_normal_(**o),
    "geometric_": lambda **o: mg.zeros(4).geometric_(0.3, **o),
    "cauchy_": lambda **o: mg.zeros(4).cauchy_(**o),
    "bernoulli method": lambda **o: mg.full((20,), 0.5).bernoulli(**o),
    "multinomial method": lambda **o: mg.ones(9).multinomial(3, **o),
    "random_": lambda **o: mg.zeros(4, dtype=mg.int64).random_(**o),
    "rand_like": lambda **o: mg.rand_like(mg.zeros(3), **o),
    "randn_like": lambda **o: mg.randn_like(mg.zeros(3), **o),
    "randint_like": lambda **o: mg.randint_like(mg.zeros(3), 2, 9, **o),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_same_seed_gives_the_same_numbers(draw):
    mg.manual_seed(3)
    first, second = draw(), draw()
    mg.manual_seed(3)
    assert draw().tolist() == first.tolist()
    assert draw().tolist() == second.tolist()
    own = mg.Generator().manual_seed(3)
    state = mg.get_rng_state()
    assert draw(generator=own).tolist() == first.tolist()
    assert mg.get_rng_state().tolist() == state.tolist()  # the default one was left alone


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_state_is_taken_up_where_it_was_left(draw):
    generator = mg.Generator().manual_seed(1)
    mg.randint(2, (3,), generator=generator)  # leaves half a word behind
    draw(generator=generator)
    state = generator.get_state()
    assert state.dtype == mg.uint8
    first = draw(generator=generator).tolist()
    other = mg.Generator().set_state(state)
    assert other.initial_seed() == 1
    assert draw(generator=other).tolist() == first
    for twin in (pickle.loads, copy.deepcopy):
        again = mg.Generator().set_state(state)
        again = twin(pickle.dumps(again)) if twin is pickle.loads else twin(again)
        assert draw(generator=again).tolist() == first


def test_the_module_random_drives_the_default_generator():
    assert mg.random.manual_seed(5) is mg.default_generator
    first = mg.rand(2).tolist()
    assert mg.manual_seed(5).initial_seed() == mg.initial_seed() == 5
    with mg.random.fork_rng():
        mg.manual_seed(9)
        mg.rand(1)
    assert mg.rand(2).tolist() == first
    assert mg.seed() == mg.initial_seed()


def test_the_default_state_is_taken_up_where_it_was_left():
    mg.manual_seed(11)
    state = mg.get_rng_state()
    first = mg.rand(3).tolist()
    assert mg.rand(3).tolist() != first
    mg.set_rng_state(state)
    assert mg.rand(3).tolist() == first


def test_numbers_like_a_tensor_have_its_shape_and_dtype():
    like = mg.zeros(100, 200, dtype=mg.float64)
    uniform, normal = mg.rand_like(like), mg.randn_like(like)
    for x in (uniform, normal):
        assert (x.shape, x.dtype) == ((100, 200), mg.float64)
    assert abs(uniform.mean() - 0.5) < 0.02
    assert 0 <= uniform.min() < uniform.max() < 1
    assert abs(normal.mean()) < 0.05
    assert abs(normal.std() - 1) < 0.05
    assert mg.rand_like(like, dtype=mg.float32).dtype == mg.float32


def test_negative_seeds_count_from_the_end():
    assert mg.Generator().manual_seed(-1).initial_seed() == 2**64 - 1
    with pytest.raises(ValueError, match="manual_seed got"):
        mg.manual_seed(2**64)


def test_seeds_for_kernels_are_different_64_bit_numbers():
    generator = mg.Generator().manual_seed(0)
    seeds = [generator.next_seed() for _ in range(1000)]
    assert len(set(seeds)) == 1000
    assert 2**63 < max(seeds) < 2**64


def test_threads_that_share_a_generator_never_draw_the_same_numbers():
    generator = mg.Generator().manual_seed(0)
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda _: mg.rand(1000, generator=generator).tolist(), range(32)))
    alone = mg.rand(32000, generator=mg.Generator().manual_seed(0)).tolist()
    assert sorted(x for part in parts for x in part) == sorted(alone)


@pytest.mark.parametrize("dtype", [mg.float16, mg.float32, mg.float64], ids=str)
def test_uniform_numbers_fill_the_half_open_interval(dtype):
    x = mg.rand(MANY, dtype=dtype)
    assert x.dtype == dtype
    values = x.numpy().astype(np.float64)
    assert 0 <= values.min() < 0.001
    assert 0.999 < values.max() < 1
    assert abs(values.mean() - 0.5) < 0.01
    y = mg.empty(MANY, dtype=dtype).uniform_(-2, 4).numpy().astype(np.float64)
    assert -2 <= y.min() < -1.9
    assert 3.9 < y.max() <= 4
    assert y.dtype == np.float64


@pytest.mark.parametrize("dtype", [mg.float16, mg.float32, mg.float64], ids=str)
def test_normal_numbers_have_their_mean_and_deviation(dtype):
    for x in (
        mg.randn(MANY, dtype=dtype) * 2 + 3,
        mg.normal(3.0, 2.0, (MANY,), dtype=dtype),
        mg.normal(mg.full((MANY,), 3, dtype=dtype), 2.0),
        mg.normal(3.0, mg.full((MANY,), 2, dtype=dtype)),
        mg.empty(MANY, dtype=dtype).normal_(3, 2),
    ):
        assert x.dtype == dtype
        values = x.numpy().astype(np.float64)
        assert abs(values.mean() - 3) < 0.1
        assert abs(values.std() - 2) < 0.1


def test_means_and_deviations_broadcast():
    assert mg.normal(mg.zeros(2, 1), mg.ones(3)).shape == (2, 3)
    x = mg.normal(mg.tensor([0.0, 100.0]), mg.tensor([0.0, 1.0]))
    assert x[0] == 0
    assert x[1] > 50


def test_integers_reach_both_ends_of_their_range():
    x = mg.randint(-2, 3, (1000,))
    assert x.dtype == mg.int64
    assert sorted(set(x.tolist())) == [-2, -1, 0, 1, 2]
    assert mg.randint(5, (2, 3), dtype=mg.float32).dtype == mg.float32
    assert mg.randint(low=1, high=2, size=(2,)).tolist() == [1, 1]
    assert mg.randint_like(mg.zeros(2, 2), 4).dtype == mg.float32
    assert mg.zeros(1000, dtype=mg.uint8).random_().numpy().max() > 200
    assert set(mg.zeros(100, dtype=mg.bool).random_().tolist()) == {True, False}
    assert set(mg.zeros(100).random_(2, 4).tolist()) == {2, 3}
    assert set(mg.zeros(100).random_(3).tolist()) == {0, 1, 2}


def test_a_permutation_has_each_number_once_and_every_order_comes_up():
    assert sorted(mg.randperm(50).tolist()) == list(range(50))
    assert len({tuple(mg.randperm(3).tolist()) for _ in range(200)}) == 6
    assert mg.randperm(0).shape == (0,)


def test_bernoulli_follows_its_probabilities():
    p = mg.tensor([0.0, 0.25, 1.0]).expand(MANY, 3)
    drawn = mg.bernoulli(p)
    assert drawn.dtype == mg.float32
    np.testing.assert_allclose(drawn.numpy().mean(0), [0, 0.25, 1], atol=0.02)
    assert abs(mg.empty(MANY).bernoulli_(0.3).numpy().mean() - 0.3) < 0.02
    assert mg.zeros(2, dtype=mg.bool).bernoulli_(mg.tensor([0.0, 1.0])).tolist() == [False, True]
    assert mg.bernoulli(mg.zeros(2), 1.0).tolist() == [1, 1]


def test_poisson_and_exponential_have_their_means():
    assert abs(mg.poisson(mg.full((MANY,), 4.0)).numpy().mean() - 4) < 0.1
    assert abs(mg.empty(MANY).exponential_(4).numpy().mean() - 0.25) < 0.01


@pytest.mark.parametrize("replacement", [True, False])
def test_multinomial_follows_its_weights(replacement):
    weights = mg.tensor([0.0, 1.0, 3.0, 0.0])
    first = mg.multinomial(weights.expand(MANY, 4), 2, replacement)
    assert first.shape == (MANY, 2)
    assert first.dtype == mg.int64
    share = np.bincount(first.numpy()[:, 0], minlength=4) / MANY
    np.testing.assert_allclose(share, [0, 0.25, 0.75, 0], atol=0.02)
    if not replacement:
        assert (np.sort(first.numpy(), 1) == [1, 2]).all()


def test_other_distributions_have_their_medians():
    assert abs(np.log(mg.empty(MANY).log_normal_(0.5, 2).numpy()).mean() - 0.5) < 0.05
    assert abs(mg.empty(MANY).geometric_(0.25).numpy().mean() - 4) < 0.1
    assert mg.empty(MANY, dtype=mg.int64).geometric_(0.25).numpy().min() == 1
    assert abs(np.median(mg.empty(MANY).cauchy_(3, 2).numpy()) - 3) < 0.1


def test_fills_write_in_place_and_are_noticed():
    x = mg.zeros(3)
    y = x[:2]
    assert x.fill_(2) is x
    assert y.tolist() == [2, 2]
    before = x.version[0]
    y.zero_()
    assert x.tolist() == [0, 0, 2]
    assert x.version[0] > before
    assert x.fill_(mg.tensor(5)).tolist() == [5, 5, 5]


def test_a_leaf_that_requires_grad_is_filled_outside_of_the_graph_only():
    x = mg.zeros(3, requires_grad=True)
    state = mg.get_rng_state().tolist()
    for fill in (x.normal_, x.zero_, lambda: x.fill_(1), x.uniform_):
        with pytest.raises(mg.GraphError, match=r"leaf.* that requires grad"):
            fill()
    assert mg.get_rng_state().tolist() == state
    with mg.no_grad():
        assert x.fill_(1).tolist() == [1, 1, 1]
    assert x.requires_grad


def test_a_fill_in_the_graph_stops_the_gradient_where_it_wrote():
    x = mg.ones(3, requires_grad=True)
    y = x * 2
    y[1:].zero_()
    (y * y).sum().backward()
    assert x.grad.tolist() == [8, 0, 0]


REFUSED = [
    (lambda: mg.rand(2, dtype=mg.int64), mg.DTypeError, "float dtype"),
    (lambda: mg.randint(3, 3, (2,)), ValueError, "low < high"),
    (lambda: mg.randint(3), TypeError, "randint got"),
    (lambda: mg.randperm(-1), ValueError, "n >= 0"),
    (lambda: mg.normal(0.0, 1.0), TypeError, "a size"),
    (lambda: mg.normal(0.0, -1.0, (2,)), ValueError, "negative std"),
    (lambda: mg.normal(mg.zeros(2), 1.0, (2,)), TypeError, "one or the other"),
    (lambda: mg.bernoulli(mg.tensor([2.0])), ValueError, r"\[0, 1\]"),
    (lambda: mg.bernoulli(mg.tensor([float("nan")])), ValueError, r"\[0, 1\]"),
    (lambda: mg.bernoulli(mg.tensor([1])), mg.DTypeError, "float probabilities"),
    (lambda: mg.multinomial(mg.tensor([0.0, 0.0]), 1), ValueError, "all-zero"),
    (lambda: mg.multinomial(mg.tensor([-1.0, 2.0]), 1), ValueError, "negative"),
    (lambda: mg.multinomial(mg.tensor([0.0, 1.0]), 2), ValueError, "replacement=True"),
    (lambda: mg.multinomial(mg.ones(2, 2, 2), 1), mg.ShapeError, "multinomial got shape"),
    (lambda: mg.poisson(mg.tensor([-1.0])), ValueError, ">= 0"),
    (lambda: mg.zeros(2, dtype=mg.int64).normal_(), mg.DTypeError, "float dtype"),
    (lambda: mg.zeros(2).uniform_(1, 0), ValueError, "from <= to"),
    (lambda: mg.zeros(2).normal_(0, -1), ValueError, "std >= 0"),
    (lambda: mg.zeros(2).exponential_(0), ValueError, "lambd > 0"),
    (lambda: mg.zeros(2).log_normal_(0, 0), ValueError, "std > 0"),
    (lambda: mg.zeros(2).geometric_(1), ValueError, r"\(0, 1\)"),
    (lambda: mg.zeros(2).cauchy_(0, 0), ValueError, "sigma > 0"),
    (lambda: mg.zeros(2).random_(3, 3), ValueError, "low < high"),
    (lambda: mg.zeros(2).fill_(mg.zeros(2)), ValueError, "0-dim"),
    (lambda: mg.Generator().set_state(mg.zeros(3)), TypeError, "get_state"),
    (lambda: mg.Generator("cuda"), ValueError, "'cpu'"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_does_not_fit_is_refused_with_a_reason(call, error, words):
    with pytest.raises(error, match=words):
        call()
