"""One picture through the seven layers, and its error back (paper, II-B, appendix C).

`forward` fills `maps`; `backward` fills `errors` and adds to `gradient` all but the outer products of the three
matrices, which `gradient_of` adds to a gradient; for `online` it takes them off the weights at once.

The Gauss-Newton curvature is the gradient's own code with everything that multiplies an error squared: `weights`
and `seen` hold the squares of parameters and maps, and `squared` squares the derivatives (eqs. 25 and 27).

Pictures are float32 (N, H, W) in the paper's scale; `p` is `Plan.places`, `curves` is `Plan.curves`.
"""

from __future__ import annotations

import numpy as np

from lenet5.kernels import plan as at
from lenet5.kernels.compiled import compiled
from lenet5.kernels.convolution import add_gradient, add_spread, convolve, gather_units, sum_gradient
from lenet5.kernels.full import add_outer, connect, connect_back, step_back
from lenet5.kernels.lanes import LANES, fma, load, mul, pixels, splat, store, sub
from lenet5.kernels.output import distances, full_error, full_outputs, rbf_curvature, rbf_error
from lenet5.kernels.squash import curve_of, pass_back, squash
from lenet5.kernels.strips import VIEW
from lenet5.kernels.subsampling import subsample, subsample_back, subsample_gradient

__all__ = ["FEW", "curvature_of", "forward", "forward_many", "gradient_of", "online"]

FEW = 3 * LANES // 2  # from so many pictures on, `bulk` is quicker


@compiled
def _place(p, maps, picture, low, gain, frame):
    """low + gain·picture into the input map, `frame` pixels of `low` around it; picture (H, W) uint8 or float32."""
    height, width = p[at.INPUT_H] - 2 * frame, p[at.INPUT_W] - 2 * frame
    paper, scale = splat(np.float32(low)), splat(np.float32(gain))
    for i in range(0, p[at.INPUT_H] * p[at.INPUT_ROW] if frame else 0, LANES):
        store(maps, p[at.INPUT] + i, paper)
    for y in range(height):
        row = p[at.INPUT] + (y + frame) * p[at.INPUT_ROW] + frame
        for start in range(0, width, LANES):
            x = min(start, width - LANES)  # the last vector ends where the row does
            store(maps, row + x, fma(scale, pixels(picture, y * width + x), paper))


@compiled
def _full(maps, out, units, pad, weights, w, row, b, x, curve):
    """A fully connected layer, and zeros behind it up to whole vectors."""
    connect(maps, out, units, weights, w, row, weights, b, maps, x)
    squash(maps, out, units, curve)
    for i in range(units, pad):
        maps[out + i] = 0.0


@compiled
def forward(p, curves, weights, maps):
    """All maps from the input map. A wide picture has several places for C5, F6 and OUTPUT, row by row."""
    convolve(
        maps, p[at.C1], p[at.C1_ROW], p[at.C1_H], p[at.C1_MAPS], maps, p[at.INPUT], p[at.INPUT_ROW],
        p[at.INPUT_H] * p[at.INPUT_ROW], 1, p[at.C1_STRIPS], p[at.C1_PACKED], weights, p[at.C1_WEIGHT], p[at.C1_BIAS],
        p, p[at.C1_PAIRS], p[at.C1_KERNELS], curve_of(curves, at.CURVE_C1),
    )  # fmt: skip
    s2, c1 = p[at.S2_H] * p[at.S2_ROW], p[at.C1_H] * p[at.C1_ROW]
    for m in range(p[at.C1_MAPS]):
        subsample(
            maps, p[at.S2] + m * s2, p[at.S2_ROW], p[at.S2_SUMS] - p[at.S2], p[at.S2_H], p[at.S2_W],
            maps, p[at.C1] + m * c1, p[at.C1_ROW], curves[at.SHARES, 0],
            weights, p[at.S2_COEFFICIENT] + m, p[at.S2_BIAS] + m, p[at.S2_MAXIMUM],
        )  # fmt: skip
    squash(maps, p[at.S2], p[at.C1_MAPS] * s2, curve_of(curves, at.CURVE_S2))
    convolve(
        maps, p[at.C3], p[at.C3_ROW], p[at.C3_H], p[at.C3_MAPS], maps, p[at.S2], p[at.S2_ROW],
        s2, p[at.C1_MAPS], p[at.C3_STRIPS], p[at.C3_PACKED], weights, p[at.C3_WEIGHT], p[at.C3_BIAS],
        p, p[at.C3_PAIRS], p[at.C3_KERNELS], curve_of(curves, at.CURVE_C3),
    )  # fmt: skip
    s4, c3 = p[at.S4_H] * p[at.S4_W], p[at.C3_H] * p[at.C3_ROW]
    for m in range(p[at.C3_MAPS]):
        subsample(
            maps, p[at.S4] + m * s4, p[at.S4_W], p[at.S4_SUMS] - p[at.S4], p[at.S4_H], p[at.S4_W],
            maps, p[at.C3] + m * c3, p[at.C3_ROW], curves[at.SHARES, 1],
            weights, p[at.S4_COEFFICIENT] + m, p[at.S4_BIAS] + m, p[at.S4_MAXIMUM],
        )  # fmt: skip
    squash(maps, p[at.S4], p[at.C3_MAPS] * s4, curve_of(curves, at.CURVE_S4))
    for y in range(p[at.C5_H]):
        for x in range(p[at.C5_W]):
            _place_at(p, curves, weights, maps, y, x)


@compiled
def _place_at(p, curves, weights, maps, y, x):
    """C5, F6 and OUTPUT of the window of S4 whose corner is (y, x)."""
    spot = y * p[at.C5_W] + x
    window, s4 = p[at.WINDOW], p[at.S4_H] * p[at.S4_W]
    if s4 == 25:  # one place, and S4 is the window
        whole = p[at.C5_INPUTS] // LANES * LANES
        for i in range(0, whole, LANES):
            store(maps, window + i, load(maps, p[at.S4] + i))
        for i in range(whole, p[at.C5_INPUTS]):
            maps[window + i] = maps[p[at.S4] + i]
    else:
        for m in range(p[at.C3_MAPS]):
            for i in range(5):
                row = p[at.S4] + m * s4 + (y + i) * p[at.S4_W] + x
                for j in range(5):
                    maps[window + 25 * m + 5 * i + j] = maps[row + j]
    c5, f6 = p[at.C5] + spot * p[at.F6_ROW], p[at.F6] + spot * p[at.OUT_ROW]
    out, sums = p[at.OUT] + spot * p[at.OUT_UNITS], p[at.OUT_SUMS] + spot * p[at.OUT_UNITS]
    _full(
        maps, c5, p[at.C5_MAPS], p[at.F6_ROW], weights, p[at.C5_WEIGHT], p[at.C5_ROW], p[at.C5_BIAS], window,
        curve_of(curves, at.CURVE_C5),
    )  # fmt: skip
    _full(
        maps, f6, p[at.F6_UNITS], p[at.OUT_ROW], weights, p[at.F6_WEIGHT], p[at.F6_ROW], p[at.F6_BIAS], c5,
        curve_of(curves, at.CURVE_F6),
    )  # fmt: skip
    if p[at.OUT_KIND] == at.RBF:
        distances(maps, out, p[at.OUT_UNITS], weights, p[at.CODES], p[at.OUT_ROW], maps, f6)
    else:
        connect(
            maps, sums, p[at.OUT_UNITS], weights, p[at.OUT_WEIGHT], p[at.OUT_ROW], weights, p[at.OUT_BIAS], maps, f6
        )
        full_outputs(maps, out, maps, sums, p[at.OUT_UNITS], p[at.OUT_KIND], curve_of(curves, at.CURVE_OUT))


@compiled
def backward(p, curves, weights, rates, maps, seen, errors, gradient, lanes, wanted, row, loss, j, sharpness, squared):
    """errors, and gradient += all but the matrices' part, for the picture whose wanted answer is wanted[row].

    The matrices are stepped by their `rates`, where there are any. `lanes` is room for 25 vectors of zeros, and zeros
    again afterwards. Returns E.
    """
    cost = _backward_output(
        p, curves, weights, rates, maps, seen, errors, gradient, wanted, row, loss, j, sharpness, squared
    )
    pass_back(errors, p[at.F6], p[at.OUT_ROW], maps, p[at.F6], curve_of(curves, at.SLOPES + at.CURVE_F6), squared)
    _matrix_back(
        errors, p[at.C5], weights, p[at.F6_WEIGHT], p[at.F6_ROW], rates, p[at.F6], p[at.F6_UNITS], maps, p[at.C5]
    )
    pass_back(errors, p[at.C5], p[at.F6_ROW], maps, p[at.C5], curve_of(curves, at.SLOPES + at.CURVE_C5), squared)
    _matrix_back(
        errors, p[at.S4], weights, p[at.C5_WEIGHT], p[at.C5_ROW], rates, p[at.C5], p[at.C5_MAPS], maps, p[at.WINDOW]
    )
    for i in range(p[at.F6_UNITS]):
        gradient[p[at.F6_BIAS] + i] += errors[p[at.F6] + i]
    for i in range(p[at.C5_MAPS]):
        gradient[p[at.C5_BIAS] + i] += errors[p[at.C5] + i]
    _backward_s4_c3(p, curves, weights, maps, seen, errors, gradient, lanes, squared)
    _backward_s2_c1(p, curves, weights, maps, seen, errors, gradient, lanes, squared)
    return cost


@compiled
def _matrix_back(errors, e, weights, w, w_row, rates, above, units, maps, seen):
    """errors[e:] of the units below a matrix, which is stepped where there are rates; errors[above:] are its units'."""
    if len(rates) > 0:
        step_back(errors, e, weights, w, w_row, rates, errors, above, units, maps, seen)
    else:
        connect_back(errors, e, weights, w, w_row, errors, above, units)


@compiled
def _backward_output(
    p, curves, weights, rates, maps, seen, errors, gradient, wanted, row, loss, j, sharpness, squared
):  # fmt: skip
    """From the answer to the errors of F6's outputs."""
    if p[at.OUT_KIND] == at.RBF:
        cost = rbf_error(
            errors, p[at.F6], maps, p[at.OUT], p[at.OUT_UNITS], weights, p[at.CODES], p[at.OUT_ROW],
            maps, p[at.F6], wanted, row, loss, j, sharpness,
        )  # fmt: skip
        if squared:
            rbf_curvature(errors, p[at.F6], p[at.F6_UNITS], loss)
    else:
        cost = full_error(
            errors, p[at.OUT], maps, p[at.OUT], maps, p[at.OUT_SUMS], p[at.OUT_UNITS], p[at.OUT_KIND],
            curve_of(curves, at.SLOPES + at.CURVE_OUT), (curves[at.SHARES, 2], curves[at.SHARES, 3]), wanted, row, loss,
            squared,
        )  # fmt: skip
        _matrix_back(
            errors, p[at.F6], weights, p[at.OUT_WEIGHT], p[at.OUT_ROW], rates, p[at.OUT], p[at.OUT_UNITS],
            maps, p[at.F6],
        )  # fmt: skip
        for i in range(p[at.OUT_UNITS]):
            gradient[p[at.OUT_BIAS] + i] += errors[p[at.OUT] + i]
    return cost


@compiled
def _backward_s4_c3(p, curves, weights, maps, seen, errors, gradient, lanes, squared):
    s4, c3, s2 = p[at.S4_H] * p[at.S4_W], p[at.C3_H] * p[at.C3_ROW], p[at.S2_H] * p[at.S2_ROW]
    pass_back(errors, p[at.S4], p[at.C3_MAPS] * s4, maps, p[at.S4], curve_of(curves, at.SLOPES + at.CURVE_S4), squared)
    share = curves[at.SHARES, 1] * curves[at.SHARES, 1] if squared else curves[at.SHARES, 1]
    for m in range(p[at.C3_MAPS]):
        factor = share
        if not p[at.S4_MAXIMUM]:
            of_coefficient, of_bias = subsample_gradient(
                errors, seen, p[at.S4] + m * s4, p[at.S4_SUMS] - p[at.S4], p[at.S4_W], p[at.S4_H], p[at.S4_W]
            )
            gradient[p[at.S4_COEFFICIENT] + m] += of_coefficient
            gradient[p[at.S4_BIAS] + m] += of_bias
            factor *= weights[p[at.S4_COEFFICIENT] + m]
        gradient[p[at.C3_BIAS] + m] += subsample_back(
            errors, p[at.C3] + m * c3, p[at.C3_ROW], p[at.C3_W], errors, p[at.S4] + m * s4, p[at.S4_W],
            p[at.S4_H], p[at.S4_W], maps, p[at.C3] + m * c3, p[at.C3_ROW], factor,
            curve_of(curves, at.SLOPES + at.CURVE_C3), squared, p[at.S4_MAXIMUM],
        )  # fmt: skip
    for i in range(0, p[at.C1_MAPS] * s2, LANES):
        store(errors, p[at.S2] + i, splat(0.0))
    before = -1
    for k in range(p[at.C3_KERNELS]):
        m, n = p[p[at.C3_PAIRS] + 2 * k], p[p[at.C3_PAIRS] + 2 * k + 1]
        if m != before:
            before = m
            gather_units(errors, p[at.C3] + m * c3, p[at.C3_ROW], p[at.C3_H], p, p[at.C3_STRIPS], p[at.C3_PACKED])
        add_spread(
            errors, p[at.S2] + n * s2, p[at.S2_ROW], p[at.C3_H], p[at.C3_W],
            errors, p[at.C3] + m * c3, p[at.C3_ROW], weights, p[at.C3_WEIGHT] + 25 * k,
        )  # fmt: skip
        add_gradient(
            lanes, errors, p[at.C3] + m * c3, p[at.C3_ROW], p[at.C3_H], p[at.C3_PACKED], seen, p[at.S2] + n * s2,
            p[at.S2_ROW], p[at.C3_PACKED] + n * p[p[at.C3_STRIPS] + VIEW], p, p[at.C3_STRIPS],
        )  # fmt: skip
        sum_gradient(gradient, p[at.C3_WEIGHT] + 25 * k, lanes)


@compiled
def _backward_s2_c1(p, curves, weights, maps, seen, errors, gradient, lanes, squared):
    s2, c1 = p[at.S2_H] * p[at.S2_ROW], p[at.C1_H] * p[at.C1_ROW]
    pass_back(errors, p[at.S2], p[at.C1_MAPS] * s2, maps, p[at.S2], curve_of(curves, at.SLOPES + at.CURVE_S2), squared)
    share = curves[at.SHARES, 0] * curves[at.SHARES, 0] if squared else curves[at.SHARES, 0]
    for m in range(p[at.C1_MAPS]):
        factor = share
        if not p[at.S2_MAXIMUM]:
            of_coefficient, of_bias = subsample_gradient(
                errors, seen, p[at.S2] + m * s2, p[at.S2_SUMS] - p[at.S2], p[at.S2_ROW], p[at.S2_H], p[at.S2_W]
            )
            gradient[p[at.S2_COEFFICIENT] + m] += of_coefficient
            gradient[p[at.S2_BIAS] + m] += of_bias
            factor *= weights[p[at.S2_COEFFICIENT] + m]
        gradient[p[at.C1_BIAS] + m] += subsample_back(
            errors, p[at.C1] + m * c1, p[at.C1_ROW], p[at.C1_W], errors, p[at.S2] + m * s2, p[at.S2_ROW],
            p[at.S2_H], p[at.S2_W], maps, p[at.C1] + m * c1, p[at.C1_ROW], factor,
            curve_of(curves, at.SLOPES + at.CURVE_C1), squared, p[at.S2_MAXIMUM],
        )  # fmt: skip
    for k in range(p[at.C1_KERNELS]):
        m = p[p[at.C1_PAIRS] + 2 * k]
        gather_units(errors, p[at.C1] + m * c1, p[at.C1_ROW], p[at.C1_H], p, p[at.C1_STRIPS], p[at.C1_PACKED])
        add_gradient(
            lanes, errors, p[at.C1] + m * c1, p[at.C1_ROW], p[at.C1_H], p[at.C1_PACKED],
            seen, p[at.INPUT], p[at.INPUT_ROW], p[at.C1_PACKED], p, p[at.C1_STRIPS],
        )  # fmt: skip
        sum_gradient(gradient, p[at.C1_WEIGHT] + 25 * k, lanes)


@compiled
def _add_matrices(p, gradient, errors, seen):
    """gradient += the outer products of C5, F6 and a full OUTPUT."""
    add_outer(gradient, p[at.C5_WEIGHT], p[at.C5_ROW], errors, p[at.C5], p[at.C5_MAPS], seen, p[at.WINDOW])
    add_outer(gradient, p[at.F6_WEIGHT], p[at.F6_ROW], errors, p[at.F6], p[at.F6_UNITS], seen, p[at.C5])
    if p[at.OUT_KIND] != at.RBF:
        add_outer(gradient, p[at.OUT_WEIGHT], p[at.OUT_ROW], errors, p[at.OUT], p[at.OUT_UNITS], seen, p[at.F6])


@compiled
def _is_wrong(p, maps, wanted, row):
    """Whether the class with the best output is not the one most wanted."""
    sign = 1.0 if p[at.OUT_KIND] == at.RBF else -1.0
    best = right = 0
    for k in range(p[at.OUT_UNITS]):
        if sign * maps[p[at.OUT] + k] < sign * maps[p[at.OUT] + best]:
            best = k
        if wanted[row, k] > wanted[row, right]:
            right = k
    return best != right


@compiled
def forward_many(p, curves, weights, pictures, low, gain, frame, outputs, maps):
    """outputs (N, places·classes) of low + gain·pictures (N, H, W) of any type, framed by `low`.

    The outputs are RBF distances, or the weighted sums of a full output. `maps` keeps all maps of the last picture.
    """
    answers = p[at.OUT] if p[at.OUT_KIND] == at.RBF else p[at.OUT_SUMS]
    for n in range(pictures.shape[0]):
        _place(p, maps, pictures[n], low, gain, frame)
        forward(p, curves, weights, maps)
        for k in range(outputs.shape[1]):
            outputs[n, k] = maps[answers + k]


@compiled
def gradient_of(p, curves, weights, pictures, wanted, rows, loss, j, sharpness, gradient, maps, errors, lanes):
    """gradient += Σ ∂E/∂w over pictures[rows]. Returns (Σ E, how many were answered wrongly)."""
    none, cost, wrong = weights[:0], 0.0, 0
    for n in rows:
        _place(p, maps, pictures[n], 0.0, 1.0, 0)
        forward(p, curves, weights, maps)
        cost += backward(
            p, curves, weights, none, maps, maps, errors, gradient, lanes, wanted, n, loss, j, sharpness, False
        )
        _add_matrices(p, gradient, errors, maps)
        wrong += _is_wrong(p, maps, wanted, n)
    return cost, wrong


@compiled
def curvature_of(
    p, curves, weights, squares, pictures, wanted, rows, loss, j, sharpness, curvature, maps, seen, errors, lanes
):
    """curvature += Σ of the diagonal Gauss-Newton terms h_kk over pictures[rows]; `squares` is weights squared."""
    none = weights[:0]
    for n in rows:
        _place(p, maps, pictures[n], 0.0, 1.0, 0)
        forward(p, curves, weights, maps)
        for i in range(maps.shape[0]):
            seen[i] = maps[i] * maps[i]
        backward(p, curves, squares, none, maps, seen, errors, curvature, lanes, wanted, n, loss, j, sharpness, True)
        _add_matrices(p, curvature, errors, seen)


@compiled
def online(p, curves, weights, rates, pictures, wanted, loss, j, sharpness, maps, errors, small, lanes):
    """One update after each picture: w_k −= ε_k·∂E/∂w_k (eq. 18), ε_k = rates[k].

    `small` holds the gradient of all but the matrices: zeros, and zeros again afterwards.
    Returns (Σ E, how many were answered wrongly), each picture judged before it is learned.
    """
    cost, wrong = 0.0, 0
    for n in range(pictures.shape[0]):
        _place(p, maps, pictures[n], 0.0, 1.0, 0)
        forward(p, curves, weights, maps)
        cost += backward(
            p, curves, weights, rates, maps, maps, errors, small, lanes, wanted, n, loss, j, sharpness, False
        )
        wrong += _is_wrong(p, maps, wanted, n)
        for i in range(0, p[at.SMALL], LANES):
            store(weights, i, sub(load(weights, i), mul(load(rates, i), load(small, i))))
            store(small, i, splat(0.0))
    return cost, wrong
