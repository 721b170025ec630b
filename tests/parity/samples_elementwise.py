"""Rows for functions of each element: arithmetic, rounding, special functions, comparisons, bits."""

from __future__ import annotations

from .sample import ALL, FLOATS, INTEGERS, NUMBERS, Draw, Sample

BITS = (*INTEGERS, "bool")
SIGNED = (*FLOATS, "int64", "int32")
WITH_HALF = (*ALL, "float16")


def unary(dtypes=ALL, low=-3.0, high=3.0, special=True):
    def draw(d: Draw):
        return (d.tensor(dtypes=dtypes, low=low, high=high, special=special),), {}

    return draw


def pair(dtypes=ALL, low=-3.0, high=3.0, mixed=True):
    """Two tensors, or a tensor and a Python number."""

    def draw(d: Draw):
        if d.one_of(True, False, False):
            x = d.tensor(dtypes=dtypes, low=low, high=high)
            return (x, d.one_of(*(n for n in (2, 3, 1.5, -2, -0.5) if low <= n <= high))), {}
        return d.together(2, dtypes, low, high, mixed), {}

    return draw


def tensors(n, dtypes=FLOATS, low=-3.0, high=3.0, mixed=True):
    return lambda d: (d.together(n, dtypes, low, high, mixed), {})


def alpha(d: Draw):
    x, y = d.together(2, NUMBERS)
    return (x, y), {"alpha": d.one_of(2, 3, -1)}


def whole_pair(d: Draw):
    x, y = d.together(2, NUMBERS, 1, 9, mixed=False)
    return (x, y), {}


def rounding_mode(d: Draw):
    x, y = d.together(2, NUMBERS, 1, 9)
    return (x, y), {"rounding_mode": d.one_of(None, "trunc", "floor")}


def rounded(d: Draw):
    return (d.tensor(dtypes=(*FLOATS, "int64"), low=-30, high=30),), {}


def decimals(d: Draw):
    return (d.tensor(low=-30, high=30),), {"decimals": d.one_of(0, 1, 2, -1)}


def bounds(d: Draw):
    """clamp with numbers, one side only, or tensors that broadcast."""
    if d.flag():
        x = d.tensor(dtypes=SIGNED)
        low, high = d.one_of((-1, 1), (None, 2), (0, None), (-0.5, 1.5), (2, -1))
        return (x,), {"min": low, "max": high}
    x, low, high = d.together(3, FLOATS)
    return (x, low, high), {}


def one_bound(d: Draw):
    if d.flag():
        return (d.tensor(dtypes=SIGNED), d.one_of(0, 1, -1)), {}
    return d.together(2, FLOATS), {}


def weight(d: Draw):
    if d.flag():
        return (*d.together(2, FLOATS, mixed=False), d.one_of(0.25, 0.75, 2.0)), {}
    return d.together(3, FLOATS, mixed=False), {}


def value(dtypes=FLOATS, low=0.5):
    def draw(d: Draw):
        return d.together(3, dtypes, low, 3, mixed=False), {"value": d.one_of(1, 2, -3)}

    return draw


def replaced(d: Draw):
    x = d.tensor(dtypes=(*FLOATS, "int64"), special=True)
    return (x,), d.one_of({}, {"nan": 2.0}, {"posinf": 3.0, "neginf": -3.0}, {"nan": 1.0, "posinf": 9.0})


def logit(d: Draw):
    if d.flag():
        return (d.tensor(low=0.05, high=0.95),), {}
    return (d.tensor(low=-0.5, high=1.5), 0.1), {}


def power(d: Draw):
    if d.flag():
        return (d.tensor(low=0.3, high=3), d.one_of(0, 1, 2, 3, 0.5, -1, -1.5, 2.0)), {}
    return d.together(2, FLOATS, 0.3, 3), {}


def powers(d: Draw):
    x = d.tensor(dtypes=NUMBERS, low=1, high=3)
    return (x, d.one_of(0, 1, 2, 3, 2.5)), {}


def number_power(d: Draw):
    return (d.one_of(2, 0.5, 3.0), d.tensor(dtypes=NUMBERS)), {}


def order(d: Draw):
    return (d.integer(0, 3), d.tensor(low=0.6, high=4)), {}


def shift(d: Draw):
    x, y = d.together(2, ("int64", "int32", "uint8"), 0, 5)
    return (x, y), {}


def close(d: Draw):
    x, y = d.together(2, NUMBERS, mixed=False)
    near = d.flag() and x.array.shape == y.array.shape
    return (x, x if near else y), d.one_of({}, {"rtol": 0.5}, {"atol": 1.0}, {"equal_nan": True})


def condition(d: Draw):
    shapes = d.broadcasting(3)
    if d.flag():
        return (d.mask(shapes[0]), d.tensor(shapes[1], ALL), d.one_of(0, 1.5, 2)), {}
    return (d.mask(shapes[0]), d.tensor(shapes[1], ALL), d.tensor(shapes[2], ALL)), {}


def where_method(d: Draw):
    (chosen, x, other), _ = condition(d)
    return (x, chosen, other), {}


def heaviside(d: Draw):
    return d.together(2, NUMBERS, mixed=False), {}


def mantissa(d: Draw):
    x, y = d.broadcasting(2)
    return (d.tensor(x), d.tensor(y, "int64", 0, 3)), {}  # below 0 PyTorch's slope is 0


def members(d: Draw):
    return (d.tensor(dtypes=("int64", "float64", "float32")), d.tensor(dtypes="int64")), d.one_of(
        {}, {"invert": True}, {"assume_unique": False}
    )


SAMPLES = [
    # arithmetic
    Sample("add", pair(WITH_HALF)),
    Sample("add", alpha),
    Sample("sub", pair(NUMBERS), also=("subtract",)),
    Sample("sub", alpha),
    Sample("rsub", pair(NUMBERS)),
    Sample("mul", pair(WITH_HALF), also=("multiply",)),
    Sample("div", pair(WITH_HALF, 0.5, 3), also=("divide", "true_divide")),
    Sample("div", rounding_mode, gradient=False),  # PyTorch: zero; compared in tests/ops
    Sample("floor_divide", whole_pair, gradient=False),  # PyTorch raises in backward
    Sample("remainder", whole_pair),
    Sample("fmod", whole_pair),
    Sample("pow", power),
    Sample("pow", powers),
    Sample("pow", number_power),
    Sample("float_power", power, accepts="float32 in place: the result is rounded"),
    Sample("neg", unary(SIGNED), also=("negative",)),
    Sample("positive", unary(NUMBERS)),
    Sample("abs", unary(SIGNED), also=("absolute",)),
    Sample("sign", unary(NUMBERS)),
    Sample("sgn", unary(NUMBERS)),
    Sample("signbit", unary(NUMBERS)),
    Sample("square", unary(NUMBERS)),
    Sample("sqrt", unary(ALL, 0.1)),
    Sample("rsqrt", unary(ALL, 0.3)),
    Sample("reciprocal", unary(ALL, 0.3)),
    Sample("gcd", tensors(2, ("int64", "int32"), -20, 20, mixed=False)),
    Sample("lcm", tensors(2, ("int64", "int32"), -20, 20, mixed=False)),
    Sample("addcmul", value((*FLOATS, "int64"))),
    Sample("addcdiv", value()),
    Sample("lerp", weight),
    Sample("maximum", tensors(2, ALL)),
    Sample("minimum", tensors(2, ALL)),
    Sample("fmax", tensors(2, NUMBERS)),
    Sample("fmin", tensors(2, NUMBERS)),
    # rounding and sign
    Sample("floor", rounded),
    Sample("ceil", rounded),
    Sample("trunc", rounded, also=("fix",)),
    Sample("round", rounded),
    Sample("round", decimals),
    Sample("frac", unary()),
    Sample("frexp", unary(FLOATS, special=False)),
    Sample("copysign", tensors(2)),
    Sample("nextafter", tensors(2, mixed=False)),
    Sample("nan_to_num", replaced),
    Sample("heaviside", heaviside, gradient=False),  # PyTorch has no rule
    Sample("clamp", bounds, also=("clip",)),
    Sample("clamp_min", one_bound),
    Sample("clamp_max", one_bound),
    # exponentials and logarithms
    Sample("exp", unary(WITH_HALF)),
    Sample("exp2", unary()),
    Sample("expm1", unary()),
    Sample("log", unary(WITH_HALF, 0.1)),
    Sample("log2", unary(low=0.1)),
    Sample("log10", unary(low=0.1)),
    Sample("log1p", unary(low=-0.9)),
    Sample("logaddexp", tensors(2)),
    Sample("logaddexp2", tensors(2)),
    Sample("xlogy", pair((*FLOATS, "int64"), 0.3, 3)),
    Sample("ldexp", mantissa),
    # trigonometry
    Sample("sin", unary(WITH_HALF)),
    Sample("cos", unary()),
    Sample("tan", unary(high=1.2, low=-1.2)),
    Sample("asin", unary(low=-0.9, high=0.9), also=("arcsin",)),
    Sample("acos", unary(low=-0.9, high=0.9), also=("arccos",)),
    Sample("atan", unary(), also=("arctan",)),
    Sample("atan2", tensors(2, (*FLOATS, "int64"), 0.3, 3), also=("arctan2",)),
    Sample("sinh", unary()),
    Sample("cosh", unary()),
    Sample("tanh", unary(WITH_HALF)),
    Sample("asinh", unary(), also=("arcsinh",)),
    Sample("acosh", unary(low=1.2, high=4), also=("arccosh",)),
    Sample("atanh", unary(low=-0.9, high=0.9), also=("arctanh",)),
    Sample("hypot", tensors(2, FLOATS, 0.3, 3)),
    Sample("sinc", unary()),
    Sample("angle", unary(SIGNED)),
    Sample("real", unary(NUMBERS), method=False, also=("conj",)),
    Sample("deg2rad", unary(NUMBERS)),
    Sample("rad2deg", unary(NUMBERS)),
    # special functions
    Sample("sigmoid", unary(WITH_HALF)),
    Sample("relu", unary(SIGNED)),
    Sample("logit", logit),
    Sample("erf", unary()),
    Sample("erfc", unary()),
    Sample("erfinv", unary(low=-0.9, high=0.9)),
    Sample("lgamma", unary(low=0.3, high=6)),
    Sample("digamma", unary(low=0.3, high=6)),
    Sample("polygamma", order),
    Sample("special.ndtr", unary()),
    Sample("special.entr", unary(), gradient=False),  # of negative numbers: NaN, then anything
    Sample("special.entr", unary(low=0.1)),
    Sample(
        "special.multigammaln",
        lambda d: ((d.tensor(low=1.2, high=5), d.integer(1, 3)), {}),
        also=("mvlgamma",),
    ),
    Sample("special.log1p", unary(low=-0.9)),
    Sample("special.xlog1py", tensors(2, FLOATS, 0.3, 3)),
    Sample("special.expit", unary()),
    # comparisons and logic: PyTorch lets a gradient through `logical_or_`, minigrad none
    Sample("eq", pair(), gradient=False),
    Sample("ne", pair(), also=("not_equal",), gradient=False),
    Sample("lt", pair(), also=("less",), gradient=False),
    Sample("le", pair(), also=("less_equal",), gradient=False),
    Sample("gt", pair(), also=("greater",), gradient=False),
    Sample("ge", pair(), also=("greater_equal",), gradient=False),
    Sample("isclose", close, gradient=False),
    Sample("allclose", close, gradient=False),
    Sample("equal", lambda d: (close(d)[0], {}), gradient=False),
    Sample("isnan", unary(), gradient=False),
    Sample("isinf", unary(), gradient=False),
    Sample("isfinite", unary(), gradient=False),
    Sample("isposinf", unary(), gradient=False),
    Sample("isneginf", unary(), gradient=False),
    Sample("isreal", unary(), gradient=False),
    Sample("isin", members, gradient=False),
    Sample("logical_and", tensors(2, ALL), gradient=False),
    Sample("logical_or", tensors(2, ALL), gradient=False),
    Sample("logical_xor", tensors(2, ALL), gradient=False),
    Sample("logical_not", unary(), gradient=False),
    Sample("bitwise_and", tensors(2, BITS), gradient=False),
    Sample("bitwise_or", tensors(2, BITS), gradient=False),
    Sample("bitwise_xor", tensors(2, BITS), gradient=False),
    Sample("bitwise_not", unary(BITS), gradient=False),
    Sample("bitwise_left_shift", shift, gradient=False),
    Sample("bitwise_right_shift", shift, gradient=False),
    Sample("where", condition, method=False),
    Sample("where", lambda d: ((d.mask(d.shape(1)),), {}), method=False),
    Sample(".where", where_method),
]
