"""One picture through the seven layers, and its error back (paper, II-B, appendix C).

`forward` fills `maps`; `backward` fills `errors` and adds to `gradient` all but the outer products of the three
matrices, which `gradient_of` adds to a gradient; for `online` it takes them off the weights at once.

The Gauss-Newton curvature is the gradient's own code with everything that multiplies an error squared: `weights`
and `seen` hold the squares of parameters and maps, and `squared` squares the derivatives (eqs. 25 and 27).

Pictures are float32 (N, H, W) in the paper's scale. `network` is (Plan.plans, Plan.table, parameters), and `losses`
is a plan.LOSS (1,), as `plan.loss_of` makes it.
"""

from __future__ import annotations

import numpy as np

from lenet5.kernels.convolution import convolve, convolve_back, convolve_gradient
from lenet5.kernels.full import add_outer, connect, connect_back, step_back
from lenet5.kernels.output import distances, full_error, full_outputs, is_wrong, rbf_curvature, rbf_error
from lenet5.kernels.plan import RBF
from lenet5.kernels.squash import curve_of, pass_back, squash
from lenet5.kernels.subsampling import subsample, subsample_back, subsample_gradient
from lenet5.machine.compiled import compiled, inlined
from lenet5.machine.lanes import LANES, fma, load, mul, pixels, splat, store, sub


@inlined
def _place(input_, maps, picture, low, gain):
    """low + gain·picture into the input map, in a frame of `low`; picture (H, W) uint8 or float32."""
    height, width = picture.shape
    frame = (input_.height - height) // 2
    paper, scale = splat(np.float32(low)), splat(np.float32(gain))
    for i in range(0, input_.size if frame else 0, LANES):
        store(maps, input_.start + i, paper)
    for y in range(height):
        row = input_.start + (y + frame) * input_.row + frame
        for start in range(0, width, LANES):
            x = min(start, width - LANES)  # the last vector ends where the row does
            store(maps, row + x, fma(scale, pixels(picture, y * width + x), paper))


@inlined
def forward(p, table, weights, maps):
    """All maps from the input map, in the paper's order. In NumPy: `reference.forward`."""
    convolve(maps, p.c1, p.input, weights, table)
    subsample(maps, p.s2, p.c1, weights)
    convolve(maps, p.c3, p.s2, weights, table)
    subsample(maps, p.s4, p.c3, weights)
    # A wide picture has several places for C5, F6 and OUTPUT, row by row.
    for y in range(p.down):
        for x in range(p.across):
            _see(p, maps, y, x)
            place = y * p.across + x
            c5, f6 = p.c5.start + place * p.c5.padded, p.f6.start + place * p.f6.padded
            _full(maps, c5, p.c5, weights, p.window)
            _full(maps, f6, p.f6, weights, c5)
            _answer(p.output, weights, maps, place * p.output.padded, f6)


@inlined
def _see(p, maps, y, x):
    """The window of S4 whose corner is (y, x), as C5 sees it: 5×5 units of each map."""
    s4 = p.s4
    if s4.size == 25:  # one place, and S4 is the window
        whole = p.c5.inputs // LANES * LANES
        for i in range(0, whole, LANES):
            store(maps, p.window + i, load(maps, s4.start + i))
        for i in range(whole, p.c5.inputs):
            maps[p.window + i] = maps[s4.start + i]
    else:
        for m in range(s4.maps):
            for i in range(5):
                row = s4.start + m * s4.size + (y + i) * s4.row + x
                for j in range(5):
                    maps[p.window + 25 * m + 5 * i + j] = maps[row + j]


@inlined
def _full(maps, out, layer, weights, x):
    """o = f(a) of a fully connected layer (eq. 5), and zeros behind it up to whole vectors."""
    connect(maps, out, layer, weights, maps, x)
    squash(maps, out, layer.units, curve_of(layer.value))
    for i in range(layer.units, layer.padded):
        maps[out + i] = 0.0


@inlined
def _answer(output, weights, maps, at, f6):
    """OUTPUT at a place: RBF distances, or the outputs of a full connection."""
    if output.kind == RBF:
        distances(maps[output.start + at :], output, weights, maps[f6:])
    else:
        connect(maps, output.sums + at, output, weights, maps, f6)
        full_outputs(maps[output.start + at :], maps[output.sums + at :], output)


@compiled
def backward(p, table, weights, rates, room, gradient, goal, squared):
    """Errors of every layer, and gradient += all but the matrices' part, from the answer to the input (eq. 19).

    The matrices are stepped by their `rates`, where there are any. room: maps, what layers saw of them (squares for the
    curvature), errors, and sums of a kernel's gradient. goal: what is wanted of each class, and the loss. Returns E. In
    NumPy: `reference.gradient` and `reference.curvature`.
    """
    maps, _, errors, _ = room
    c5, f6 = p.c5.start, p.f6.start
    cost = _output_back(p, weights, rates, room, gradient, goal, squared)
    pass_back(errors, f6, p.f6.padded, maps, f6, curve_of(p.f6.slope), squared)
    _matrix_back(errors, c5, p.f6, weights, rates, f6, maps, c5)
    pass_back(errors, c5, p.c5.padded, maps, c5, curve_of(p.c5.slope), squared)
    _matrix_back(errors, p.s4.start, p.c5, weights, rates, c5, maps, p.window)
    _add_biases(gradient, p.f6, errors)
    _add_biases(gradient, p.c5, errors)
    _maps_back(p.s4, p.c3, p.s2, table, weights, room, gradient, squared)
    convolve_back(errors, p.c3, p.s2, weights, table)
    _maps_back(p.s2, p.c1, p.input, table, weights, room, gradient, squared)
    return cost


@inlined
def _output_back(p, weights, rates, room, gradient, goal, squared):
    """From the answer to the errors of F6's outputs. Returns E."""
    (maps, _, errors, _), (wanted, loss), output, f6 = room, goal, p.output, p.f6.start
    if output.kind == RBF:
        cost = rbf_error(errors[f6:], maps[output.start :], output, weights, maps[f6:], wanted, loss)
        if squared:
            rbf_curvature(errors[f6:], output, loss)
    else:
        sums, answers = maps[output.sums :], maps[output.start :]
        cost = full_error(errors[output.start :], answers, sums, output, wanted, loss, squared)
        _matrix_back(errors, f6, output, weights, rates, output.start, maps, f6)
        _add_biases(gradient, output, errors)
    return cost


@inlined
def _matrix_back(errors, e, layer, weights, rates, above, maps, x):
    """errors[e:] below a matrix, which is stepped where there are rates; errors[above:] are its own, maps[x:] its x."""
    if len(rates) > 0:
        step_back(errors, e, layer, weights, rates, above, maps, x)
    else:
        connect_back(errors, e, layer, weights, errors, above)


@inlined
def _add_biases(gradient, layer, errors):
    for i in range(layer.units):
        gradient[layer.bias + i] += errors[layer.start + i]


@inlined
def _maps_back(s, c, below, table, weights, room, gradient, squared):
    """From errors of S2's or S4's outputs to those of the weighted sums of C1 or C3, and both layers' gradients."""
    maps, seen, errors, sums = room
    pass_back(errors, s.start, s.maps * s.size, maps, s.start, curve_of(s.slope), squared)
    subsample_gradient(gradient, errors, seen, s)
    subsample_back(errors, maps, s, c, weights, gradient, squared)
    convolve_gradient(gradient, errors, seen, c, below, table, sums)


@inlined
def _add_matrices(p, gradient, errors, seen):
    """gradient += the outer products of C5, F6 and a full OUTPUT."""
    add_outer(gradient, p.c5, errors, p.c5.start, seen, p.window)
    add_outer(gradient, p.f6, errors, p.f6.start, seen, p.c5.start)
    if p.output.kind != RBF:
        add_outer(gradient, p.output, errors, p.output.start, seen, p.f6.start)


def forward_many(plans, table, weights, low, gain, outputs, maps, pictures):
    """outputs (N, places·classes) of low + gain·pictures (N, H, W) of uint8 or float32, framed by `low`.

    The outputs are RBF distances, or the weighted sums of a full output. `maps` keeps all maps of the last picture.
    """
    p = plans[0]
    answers = p.output.start if p.output.kind == RBF else p.output.sums
    for n in range(pictures.shape[0]):
        _place(p.input, maps, pictures[n], low, gain)
        forward(p, table, weights, maps)
        for k in range(outputs.shape[1]):
            outputs[n, k] = maps[answers + k]


def gradient_of(network, losses, gradient, room, told, pictures, wanted, rows):
    """gradient += Σ ∂E/∂w over pictures[rows], and told += (Σ E, how many were answered wrongly)."""
    plans, table, weights = network
    p, loss, (maps, _, errors, sums) = plans[0], losses[0], room
    cost, wrong = 0.0, 0
    for n in rows:
        _place(p.input, maps, pictures[n], 0.0, 1.0)
        forward(p, table, weights, maps)
        goal = wanted[n], loss
        cost += backward(p, table, weights, weights[:0], (maps, maps, errors, sums), gradient, goal, False)
        _add_matrices(p, gradient, errors, maps)
        wrong += is_wrong(maps[p.output.start :], p.output, wanted[n])
    told[0] += cost
    told[1] += wrong


def curvature_of(network, squares, pictures, wanted, rows, losses, curvature, room):
    """curvature += Σ of the diagonal Gauss-Newton terms h_kk over pictures[rows]; `squares` is weights squared."""
    plans, table, weights = network
    p, loss, (maps, seen, errors, _) = plans[0], losses[0], room
    for n in rows:
        _place(p.input, maps, pictures[n], 0.0, 1.0)
        forward(p, table, weights, maps)
        for i in range(maps.shape[0]):
            seen[i] = maps[i] * maps[i]
        backward(p, table, squares, weights[:0], room, curvature, (wanted[n], loss), True)
        _add_matrices(p, curvature, errors, seen)


def online(network, rates, losses, small, room, told, pictures, wanted):
    """One update after each picture: w_k −= ε_k·∂E/∂w_k (eq. 18), ε_k = rates[k].

    `small` holds the gradient of all but the matrices: zeros, and zeros again afterwards.
    told += (Σ E, how many were answered wrongly), each picture judged before it is learned.
    """
    plans, table, weights = network
    p, loss, (maps, _, errors, sums) = plans[0], losses[0], room
    cost, wrong = 0.0, 0
    for n in range(pictures.shape[0]):
        _place(p.input, maps, pictures[n], 0.0, 1.0)
        forward(p, table, weights, maps)
        cost += backward(p, table, weights, rates, (maps, maps, errors, sums), small, (wanted[n], loss), False)
        wrong += is_wrong(maps[p.output.start :], p.output, wanted[n])
        for i in range(0, p.small, LANES):
            store(weights, i, sub(load(weights, i), mul(load(rates, i), load(small, i))))
            store(small, i, splat(0.0))
    told[0] += cost
    told[1] += wrong
