"""Sums of products for convolutions, computed in tiles that stay in the processor's registers.

What a matrix library does, with three differences. A row of the left matrix begins wherever an offset says, so
windows that overlap need not be copied out. Every sum is taken in the same order, whatever rows stand beside it:
equal windows give equal bits, so ties are ties, and no result depends on how many rows there are. And it uses
vectors as wide as the processor has, also where the library does not know the processor.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from mirtools.attribution import kernels
from mirtools.compiled import compiled, instructions
from mirtools.models.pairing import Floats

_FEATURES = instructions()
_FUSED = _FEATURES.get("fma", True)
# Numbers of a vector, and rows of a tile: with two vectors a row they fill the registers.
_WIDTH, ROWS = (16, 8) if _FEATURES.get("avx512f") else (8, 6) if _FEATURES.get("avx2") else (4, 6)
PANEL = 2 * _WIDTH

_VECTOR = ir.VectorType(ir.FloatType(), _WIDTH)
_INDEX = ir.IntType(64)


@intrinsic
def _add_tile(  # type: ignore[no-untyped-def]
    typing, left, start, offsets, first, length, right, right_start, out, out_start, out_step
):
    """Add products of ``ROWS`` rows, ``length`` long, with a panel of the right matrix to a tile of ``out``."""
    index = types.intp
    signature = types.void(left, index, offsets, index, index, right, index, out, index, index)

    def generate(context, builder, signature, values):  # type: ignore[no-untyped-def]
        def data(place):  # type: ignore[no-untyped-def]
            return context.make_array(signature.args[place])(context, builder, values[place]).data

        def at(pointer, *steps):  # type: ignore[no-untyped-def]
            for step in steps:
                pointer = builder.gep(pointer, [_INDEX(step) if isinstance(step, int) else step])
            return pointer

        def vectors(pointer):  # type: ignore[no-untyped-def]
            kind = _VECTOR.as_pointer()
            return [builder.bitcast(at(pointer, number * _WIDTH), kind) for number in range(2)]

        def load(pointer):  # type: ignore[no-untyped-def]
            return builder.load(pointer, align=4)

        def spread(number):  # type: ignore[no-untyped-def]
            nothing = ir.Constant(_VECTOR, ir.Undefined)
            lanes = ir.Constant(ir.VectorType(ir.IntType(32), _WIDTH), [0] * _WIDTH)
            single = builder.insert_element(nothing, number, ir.IntType(32)(0))
            return builder.shuffle_vector(single, nothing, lanes)

        def product_sum(x, y, total):  # type: ignore[no-untyped-def]
            if not _FUSED:
                return builder.fadd(builder.fmul(x, y), total)
            kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
            fused = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{_WIDTH}f32")
            return builder.call(fused, [x, y, total])

        _, start, _, first, length, _, right_start, _, out_start, out_step = values
        out_rows = [at(data(7), out_start, builder.mul(_INDEX(row), out_step)) for row in range(ROWS)]
        targets = [vectors(row) for row in out_rows]
        offsets = [builder.load(at(data(2), first, row)) for row in range(ROWS)]
        left_begin, right_begin = at(data(0), start), at(data(5), right_start)
        begun = [[load(target) for target in row] for row in targets]

        before = builder.block
        body, behind = (builder.append_basic_block(name) for name in ("tile", "tile.end"))
        builder.branch(body)
        builder.position_at_end(body)
        count = builder.phi(_INDEX)
        count.add_incoming(_INDEX(0), before)
        left_here, right_here = builder.phi(left_begin.type), builder.phi(right_begin.type)
        left_here.add_incoming(left_begin, before)
        right_here.add_incoming(right_begin, before)
        all_totals = [[builder.phi(_VECTOR) for _ in row] for row in targets]
        factors = [load(vector) for vector in vectors(right_here)]
        ended = []
        for row, totals in enumerate(all_totals):
            number = spread(builder.load(at(left_here, offsets[row])))
            sums = [product_sum(number, *both) for both in zip(factors, totals, strict=True)]
            for total, initial, result in zip(totals, begun[row], sums, strict=True):
                total.add_incoming(initial, before)
                total.add_incoming(result, body)
            ended.append(sums)
        following = builder.add(count, _INDEX(1))
        count.add_incoming(following, body)
        left_here.add_incoming(at(left_here, 1), body)
        right_here.add_incoming(at(right_here, PANEL), body)
        builder.cbranch(builder.icmp_signed("<", following, length), body, behind)
        builder.position_at_end(behind)
        for row, sums in zip(targets, ended, strict=True):
            for target, result in zip(row, sums, strict=True):
                builder.store(result, target, align=4)
        return context.get_dummy_value()

    return signature, generate


@compiled
def multiply(left: Any, offsets: Any, step: int, right: Any, runs: int, length: int, bias: Any, out: Any) -> None:
    """Write sums of products, begun with a bias.

    Parameters
    ----------
    left : ndarray, float32
        All numbers of the left matrix, in one row.
    offsets : ndarray of shape (rows,), int64
        Where each row begins; as many as a multiple of :data:`ROWS`.
    step : int
        From the beginning of one run of a row to the next.
    right : ndarray, float32
        As :func:`packed` gives it.
    runs, length : int
        A row is this many runs, each this long.
    bias : ndarray of shape (columns,), float32
    out : ndarray of shape (rows, columns), float32
        Columns are a multiple of :data:`PANEL`.
    """
    columns = out.shape[1]
    flat = out.reshape(-1)
    for row in range(len(out)):
        out[row] = bias
    for panel in range(columns // PANEL):
        for row in range(0, len(out), ROWS):
            for run in range(runs):
                _add_tile(  # type: ignore[call-arg]
                    left,
                    run * step,
                    offsets,
                    row,
                    length,
                    right,
                    (panel * runs + run) * length * PANEL,
                    flat,
                    row * columns + panel * PANEL,
                    columns,
                )


def packed(matrix: Floats) -> Floats:
    """Return a right matrix, shape ``(runs * length, columns)``, in panels of columns, filled up with zeros."""
    inner, columns = matrix.shape
    panels = -(-columns // PANEL)
    full = np.zeros((inner, panels * PANEL), np.float32)
    full[:, :columns] = matrix
    return np.ascontiguousarray(full.reshape(inner, panels, PANEL).transpose(1, 0, 2)).reshape(-1)


class Rooms:
    """Arrays that are used again and again, by each thread its own.

    Fresh arrays of this size would be fetched from the system, page by page, every time.
    """

    def __init__(self) -> None:
        self._local = threading.local()

    def room(self, use: str, *shape: int) -> Floats:
        """Return the array of this use and shape, whatever stands in it."""
        rooms: dict[tuple[str, tuple[int, ...]], Floats] = self._local.__dict__.setdefault("rooms", {})
        if (use, shape) not in rooms:
            rooms[use, shape] = np.empty(shape, np.float32)
        return rooms[use, shape]


class Framed(NamedTuple):
    """Values within a frame of zeros.

    Attributes
    ----------
    whole : ndarray of shape (n, rows, columns * channels), float32
    top, left : int
        Where the values begin in it.
    """

    whole: Floats
    top: int
    left: int


class WindowProduct:
    """A convolution with a step of 1, on values of one shape.

    Parameters
    ----------
    kernel : ndarray of shape (height, width, channels in, channels out)
    bias : ndarray of shape (channels out,)
    shape : (int, int)
        Rows and columns of the values.
    margins : ((int, int), (int, int))
        Zeros before and behind them, along rows and columns.
    reuse : bool
        Each result and each frame takes the place of the one before, of the same thread.
    """

    def __init__(
        self,
        kernel: Floats,
        bias: Floats,
        shape: tuple[int, int],
        margins: tuple[tuple[int, int], tuple[int, int]],
        reuse: bool = False,
    ) -> None:
        self._rooms = Rooms() if reuse else None
        self._height, width, inner, self._outer = kernel.shape
        self._length = width * inner
        self._right = packed(np.ascontiguousarray(kernel.reshape(-1, self._outer)))
        self._bias = np.zeros(-(-self._outer // PANEL) * PANEL, np.float32)
        self._bias[: self._outer] = bias
        (top, bottom), (left, right) = margins
        self._begin = top, left * inner
        self._padded = shape[0] + top + bottom, (shape[1] + left + right) * inner
        self._rows, self._columns = self._padded[0] - self._height + 1, shape[1] + left + right - width + 1
        self._inner = inner
        self._offsets: dict[int, NDArray[np.int64]] = {}

    def frame(self, count: int) -> Framed:
        """Return room for values within the zeros that the convolution needs around them."""
        return Framed(self._room("frame", count, *self._padded), *self._begin)

    def run(self, values: Floats) -> Floats:
        """Return what the convolution gives, shape ``(n, rows, columns, channels out)``."""
        flat = np.ascontiguousarray(values).reshape(len(values), values.shape[1], -1)
        if flat.shape[1:] == self._padded:
            return self.run_framed(Framed(flat, 0, 0))
        framed = self.frame(len(values))
        kernels.frame(flat, framed.top, framed.left, framed.whole)
        return self.run_framed(framed)

    def run_framed(self, framed: Framed) -> Floats:
        """Return the same of values that stand in a frame of zeros already."""
        count = len(framed.whole)
        offsets = self._offsets.get(count)
        if offsets is None:
            offsets = self._offsets[count] = self._begins(count)
        out = self._room("out", len(offsets), len(self._bias))
        flat, step, length = framed.whole.reshape(-1), self._padded[1], self._length
        multiply(flat, offsets, step, self._right, self._height, length, self._bias, out)
        out = out[: count * self._rows * self._columns, : self._outer]
        return np.ascontiguousarray(out).reshape(count, self._rows, self._columns, self._outer)

    def _room(self, use: str, *shape: int) -> Floats:
        return np.empty(shape, np.float32) if self._rooms is None else self._rooms.room(use, *shape)

    def _begins(self, count: int) -> NDArray[np.int64]:
        height, length = self._padded
        numbers, rows, columns = np.ogrid[:count, : self._rows, : self._columns]
        begins = ((numbers * height + rows) * length + columns * self._inner).reshape(-1).astype(np.int64)
        return np.pad(begins, (0, -len(begins) % ROWS), mode="edge")
