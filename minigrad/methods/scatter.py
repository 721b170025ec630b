"""Methods that read and write at positions. Below: ops/gathering.py, scatter.py, rows.py, placing.py."""

from __future__ import annotations

from ..ops import gathering, placing, rows
from ..ops import scatter as ops


class ScatterMethods:
    gather = gathering.gather
    take_along_dim = gathering.take_along_dim
    scatter = ops.scatter
    scatter_add = ops.scatter_add
    scatter_reduce = ops.scatter_reduce
    index_select = rows.index_select
    index_add = rows.index_add
    index_copy = rows.index_copy
    index_fill = rows.index_fill
    index_reduce = rows.index_reduce
    take = placing.take
    put = placing.put
    index_put = placing.index_put
    select_scatter = placing.select_scatter
    slice_scatter = placing.slice_scatter
    diagonal_scatter = placing.diagonal_scatter
