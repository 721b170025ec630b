"""The operators that minigrad promises, by subject, as names of torch (a dot: a method only)."""

from __future__ import annotations


def names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ELEMENTWISE = names("""
    add sub subtract rsub mul multiply div divide true_divide floor_divide remainder fmod pow
    float_power neg negative positive abs absolute square sqrt rsqrt reciprocal gcd lcm addcmul
    addcdiv lerp maximum minimum fmax fmin sign sgn signbit floor ceil trunc fix round frac frexp copysign
    nextafter nan_to_num heaviside clamp clip clamp_min clamp_max exp exp2 expm1 log log2 log10
    log1p logaddexp logaddexp2 xlogy ldexp sin cos tan asin acos atan atan2 arcsin arccos arctan
    arctan2 sinh cosh tanh asinh acosh atanh arcsinh arccosh arctanh hypot sinc angle real conj deg2rad rad2deg
    sigmoid logit relu erf erfc erfinv lgamma digamma polygamma mvlgamma eq ne lt le gt ge not_equal less
    less_equal greater greater_equal isclose allclose equal isnan isinf isfinite isposinf isneginf
    isreal isin logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor
    bitwise_not bitwise_left_shift bitwise_right_shift where
""")

REDUCTIONS = names("""
    sum nansum mean nanmean prod logsumexp all any count_nonzero var std var_mean std_mean amax amin
    aminmax max min argmax argmin median nanmedian mode quantile nanquantile norm dist cumsum
    cumprod logcumsumexp cummax cummin diff softmax log_softmax sort argsort msort topk kthvalue
    searchsorted bucketize unique unique_consecutive bincount histc histogram cov corrcoef trapezoid
    trapz cumulative_trapezoid gradient
""")

INDEXING = names("""
    gather scatter scatter_add scatter_reduce index_select index_add index_copy index_fill
    index_reduce index_put masked_fill masked_select masked_scatter take take_along_dim .put nonzero
    argwhere select_scatter slice_scatter diagonal_scatter .__getitem__ unravel_index
""")

SHAPING = names("""
    reshape .view flatten ravel unflatten squeeze unsqueeze permute transpose swapaxes swapdims
    movedim moveaxis t adjoint narrow select unbind .unfold as_strided broadcast_to .expand
    .sum_to_size .narrow_copy broadcast_tensors tile .repeat repeat_interleave roll flip fliplr flipud rot90 clone atleast_1d
    atleast_2d atleast_3d cat concat concatenate stack hstack vstack row_stack dstack column_stack
    split split_with_sizes chunk tensor_split hsplit vsplit dsplit block_diag tril triu diag diagonal diag_embed
    diagflat tril_indices triu_indices meshgrid cartesian_prod combinations vander
""")

LINEAR_ALGEBRA = names("""
    matmul mm bmm mv dot vdot inner outer ger addmm addmv addr baddbmm addbmm einsum tensordot kron
    chain_matmul linalg.multi_dot trace matrix_power linalg.matrix_power matrix_exp
    linalg.matrix_exp det linalg.det logdet slogdet linalg.slogdet inverse linalg.inv linalg.solve
    linalg.solve_triangular linalg.cholesky cholesky linalg.qr linalg.svd linalg.svdvals linalg.eigh
    linalg.eigvalsh linalg.lstsq pinverse linalg.pinv linalg.vector_norm linalg.matrix_norm
    linalg.norm linalg.cond linalg.matrix_rank linalg.vecdot linalg.cross linalg.vander
    linalg.tensorinv linalg.tensorsolve cdist cross cosine_similarity pairwise_distance pdist renorm
""")

CREATION = names("""
    zeros ones full zeros_like ones_like full_like arange linspace logspace eye hann_window
    hamming_window blackman_window kaiser_window bartlett_window
""")

INVENTORY = (*ELEMENTWISE, *REDUCTIONS, *INDEXING, *SHAPING, *LINEAR_ALGEBRA, *CREATION)

# Random or uninitialised values cannot be compared: these must exist.
RANDOM = names("""
    empty empty_like rand randn randint randperm rand_like randn_like randint_like normal bernoulli
    multinomial poisson Generator manual_seed
""")

RANDOM_IN_PLACE = names("""
    normal_ uniform_ random_ bernoulli_ exponential_ geometric_ log_normal_ cauchy_
""")
