"""Between Arrow and numpy without a copy, and without pandas, which `to_numpy` and `pa.array` would load."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
DATE = pa.date32()
NEVER = np.iinfo(np.int32).max  # a day beyond all


def numbers(column: pa.ChunkedArray | pa.Array, blank: int = NEVER) -> Ints:
    """Whole numbers; of dates and times those since 1970; `blank` for what is none."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = pa.int32() if array.type == DATE else pa.int64() if pa.types.is_timestamp(array.type) else array.type
    values = np.from_dlpack(pa.Array.from_buffers(kind, len(array), [None, array.buffers()[1]], offset=array.offset))
    return np.where(flags(pc.is_null(array)), values.dtype.type(blank), values) if array.null_count else values


def flags(column: pa.Array) -> Flags:
    """Booleans."""
    return np.from_dlpack(column.cast(pa.uint8())).view(np.bool_)


def column(values: Ints | npt.NDArray[np.float64], kind: pa.DataType, told: Flags | None = None) -> pa.Array:
    """Numbers as Arrow's, blank where they are not `told`; dates are given as days since 1970."""
    if kind == pa.bool_():
        return pa.Array.from_buffers(kind, values.size, [None, pa.py_buffer(np.packbits(values, bitorder="little"))])
    known = None if told is None else pa.py_buffer(np.packbits(told, bitorder="little"))
    numpy_type = np.int32 if kind == DATE else kind.to_pandas_dtype()
    return pa.Array.from_buffers(kind, values.size, [known, pa.py_buffer(values.astype(numpy_type, copy=False))])


class Texts:
    """A column of texts as ranks among its different values; -1: blank."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        coded = column.dictionary_encode().unify_dictionaries().combine_chunks()
        order = pc.sort_indices(coded.dictionary)
        rank = np.full(len(order) + 1, -1)
        rank[numbers(order)] = np.arange(len(order))
        self.ranks = rank[numbers(coded.indices, blank=len(order))]
        self.values = coded.dictionary.take(order)

    def array(self, ranks: Ints) -> pa.Array:
        """The texts of some ranks."""
        return self.values.take(column(ranks, pa.int32(), told=ranks >= 0))
