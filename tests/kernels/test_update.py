"""Does a matrix go equally far in all directions, and nothing else go anywhere?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.kernels import entries


@pytest.mark.parametrize(("rows", "columns", "row"), [(6, 25, 25), (60, 25, 25), (120, 400, 400), (84, 120, 128)])
def test_a_matrix_s_step_is_nearly_orthogonal(rng: np.random.Generator, rows: int, columns: int, row: int) -> None:
    """Wide and tall, rows with a gap and without, from strengths that differ twentyfold."""
    start, rate, decay = 16, 0.01, 0.5
    u, _, v = np.linalg.svd(rng.normal(size=(rows, columns)), full_matrices=False)
    strengths = np.geomspace(1, 0.05, min(rows, columns))
    weights, gradient, momentum = (np.zeros(start + rows * row + 32, np.float32) for _ in range(3))

    def matrix(flat: np.ndarray) -> np.ndarray:
        return flat[start : start + rows * row].reshape(rows, row)[:, :columns]

    before = rng.normal(size=(rows, columns)).astype(np.float32)
    matrix(weights)[:], matrix(gradient)[:] = before, (u * strengths) @ v
    entries.muon(
        weights, gradient, momentum, (start, rows, columns, row), entries.muon_room(rows, columns), rate, decay
    )
    step = (before * (1 - rate * decay) - matrix(weights)) / (rate * 0.2 * np.sqrt(max(rows, columns)))
    along = np.diag(u.T @ step @ v.T)
    assert 0.6 < along.min() <= along.max() < 1.25
    np.testing.assert_allclose(step, (u * along) @ v, atol=1e-3)  # and in no other direction
    np.testing.assert_allclose(matrix(momentum), (u * strengths) @ v, rtol=1e-4, atol=1e-6)
    for flat in (weights, momentum):
        matrix(flat)[:] = 0
        assert not flat.any()
    assert not gradient.any()
