"""Do the classifier and the transformer keep scikit-learn's manners, and learn?"""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lenet5
from lenet5 import datasets
from lenet5.architecture import LENET5, LENET5_SOFTMAX
from lenet5.pictures.normalise import normalise
from lenet5.training import recipe

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'lenet5[sklearn]'")

from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from lenet5.sklearn import LeNet5Classifier, MnistNormalizer

Rows = tuple[NDArray[Any], NDArray[Any]]


@pytest.fixture(scope="module")
def digits() -> Rows:
    X, y = load_digits(return_X_y=True)
    return X[:600], y[:600]


@pytest.fixture(scope="module")
def drawn() -> Rows:
    made = datasets.load("drawn", "train", count=600)
    return made.images.reshape(600, -1), made.labels


def quick(**changes: Any) -> LeNet5Classifier:
    return LeNet5Classifier(**{"passes": 2, "random_state": 0, **changes})


# Checks that need what is not installed here, or a switch of the environment; nothing else may be skipped.
REASONS = ("pandas is not installed", "SCIPY_ARRAY_API is not set", "array_api_compat is required")


@pytest.mark.parametrize("estimator", [LeNet5Classifier(passes=8), MnistNormalizer()], ids=repr)
@pytest.mark.filterwarnings("default")
def test_every_check_of_scikit_learn_passes(estimator: Any) -> None:
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    left = {r["check_name"]: r["exception"] for r in results if r["status"] != "passed"}
    reasoned = {name for name, reason in left.items() if str(reason).startswith(REASONS)}
    assert not set(left) - reasoned, left
    assert len(results) > 40


def test_it_learns_digits_of_eight_by_eight() -> None:
    X, y = load_digits(return_X_y=True)
    learn, judge = train_test_split(np.arange(len(y)), random_state=0)
    assert LeNet5Classifier(random_state=0, calibrate=False).fit(X[learn], y[learn]).score(X[judge], y[judge]) > 0.9


@pytest.mark.parametrize("network", ["lenet5-linear", "lenet5-softmax", "lenet5-maxpool"])
def test_every_network_learns_from_three_hundred_rows(drawn: Rows, network: str) -> None:
    X, y = drawn
    assert (
        LeNet5Classifier(network, random_state=0, calibrate=False).fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.7
    )


def test_labels_may_be_anything(digits: Rows) -> None:
    X, y = digits
    names = np.array(["zero", "one", "two", "three"])
    kept = y < 4
    model = quick().fit(X[kept], names[y[kept]])
    assert set(model.predict(X[kept])) <= set(names)
    assert model.classes_.tolist() == sorted(names)
    assert model.network_.classes == ("one", "three", "two", "zero")


def test_pictures_may_come_as_they_are(digits: Rows) -> None:
    X, y = digits
    rows, pictures = (LeNet5Classifier(passes=1, random_state=0).fit(form, y) for form in (X, X.reshape(-1, 8, 8)))
    assert np.array_equal(rows.predict(X), pictures.predict(X.reshape(-1, 8, 8)))


def test_whole_floats_are_classes_without_a_point(digits: Rows) -> None:
    X, y = digits
    fitted = LeNet5Classifier(passes=1, random_state=0).fit(X, y.astype(float))
    assert fitted.network_.classes == tuple(map(str, np.unique(y)))
    assert fitted.predict(X[:5]).dtype == np.float64


def test_classes_called_by_a_character_get_its_code(digits: Rows) -> None:
    X, y = digits
    model = quick(passes=1).fit(X, np.array(list("abcdefghij"))[y])
    assert model.network_.architecture.output.characters == "abcdefghij"


@pytest.mark.parametrize("columns", [784, 1024])
def test_784_columns_and_1024_are_the_same_picture(drawn: Rows, columns: int) -> None:
    X, y = drawn
    if columns == 1024:
        X = np.pad(X.reshape(-1, 28, 28), ((0, 0), (2, 2), (2, 2))).reshape(len(X), -1)
    model = quick(passes=1).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), model.network_.predict(drawn[0].reshape(-1, 28, 28)))


def test_ink_in_the_frame_and_larger_pictures_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="ink in the outer two pixels"):
        quick().fit(rng.random((10, 1024)), np.arange(10) % 2)
    with pytest.raises(ValueError, match="pictures of 40×40"):
        quick().fit(rng.random((10, 1600)), np.arange(10) % 2)


def test_ink_of_0_to_1_is_as_good_as_ink_of_0_to_255(drawn: Rows) -> None:
    X, y = drawn
    assert_same_network(quick(passes=1).fit(X, y), quick(passes=1).fit(X / 255, y))


def assert_same_network(one: LeNet5Classifier, other: LeNet5Classifier) -> None:
    np.testing.assert_array_equal(one.network_.parameters, other.network_.parameters)


def test_a_weight_is_a_number_of_times(digits: Rows, rng: np.random.Generator) -> None:
    X, y = digits
    weights = rng.integers(0, 3, len(y))
    repeated = quick().fit(X.repeat(weights, axis=0), y.repeat(weights))
    shuffled = rng.permutation(len(y))
    assert_same_network(quick().fit(X[shuffled], y[shuffled], sample_weight=weights[shuffled]), repeated)


def test_a_fraction_is_decided_by_lot(digits: Rows) -> None:
    from lenet5.sklearn import _times

    times = _times(np.full(1000, 0.3), np.zeros((1000, 1)), np.random.default_rng(0))
    assert set(times) == {0, 1}
    assert times.sum() in (300, 301)
    with pytest.raises(ValueError, match="about 1 on average"):
        quick().fit(*digits, sample_weight=np.full(600, 1e-9))
    with pytest.raises(ValueError, match="weights from 0 on"):
        quick().fit(*digits, sample_weight=np.full(600, -1.0))


def test_probabilities_are_calibrated_on_rows_that_were_not_learned_from(drawn: Rows) -> None:
    X, y = drawn
    plain, fitted = (quick(passes=12, calibrate=on).fit(X[:400], y[:400]) for on in (False, True))
    assert_same_network(plain, fitted)
    loss_before, loss = (log_loss(y[400:], model.predict_proba(X[400:])) for model in (plain, fitted))
    assert loss < 0.9 * loss_before
    shuffled = np.random.default_rng(1).permutation(400)
    again = quick(passes=12).fit(X[shuffled], y[shuffled])
    assert again.network_.sharpness == fitted.network_.sharpness
    assert quick(passes=1).fit(X[:150], y[:150]).network_.sharpness == 1.0
    went_on = fitted.partial_fit(X[:50], y[:50])
    assert went_on.network_.sharpness == again.network_.sharpness


def test_early_stopping_calibrates_on_what_it_holds_out(drawn: Rows) -> None:
    X, y = drawn
    how = {"passes": 3, "early_stopping": True}
    plain, fitted = (quick(calibrate=on, **how).fit(X, y) for on in (False, True))
    assert_same_network(plain, fitted)
    assert fitted.network_.sharpness != plain.network_.sharpness


def test_partial_fit_goes_on_from_shipped_weights_which_keep_what_they_knew() -> None:
    known = lenet5.load("lenet5-best")
    few, test = datasets.load("drawn", count=30, seed=4), datasets.load("drawn", "test", count=300)
    ones = few.labels == 1
    model = LeNet5Classifier(start="lenet5-best", random_state=0)
    for _ in range(3):  # of ones alone, from which a network that keeps nothing learns to answer 1
        model.partial_fit(few.images[ones].reshape(ones.sum(), -1), few.labels[ones], classes=np.arange(10))
    wrong = (model.predict(test.images.reshape(300, -1)) != test.labels).mean()
    assert wrong < (known.predict(test.images) != test.labels).mean() + 0.03
    assert not np.array_equal(model.network_.parameters, known.parameters)
    assert clone(model).set_params(start=known).start is known


def test_fit_goes_on_from_weights_too(digits: Rows) -> None:
    images, labels = datasets.load("drawn", count=60).images, np.array(list("abc"))[np.arange(60) % 3]
    model = LeNet5Classifier(start=lenet5.load("lenet5"), passes=2, calibrate=False, random_state=0)
    assert model.fit(images.reshape(60, -1), labels).network_.classes == ("a", "b", "c")
    with pytest.raises(ValueError, match="networks in one; give a single one"):
        LeNet5Classifier(start="lenet5-reader").fit(*digits)


def test_partial_fit_goes_on(digits: Rows) -> None:
    X, y = digits
    model = quick(recipe="plain", step=2e-3)
    with pytest.raises(ValueError, match="needs classes"):
        model.partial_fit(X, y)
    scores = []
    for _ in range(6):
        for part in (slice(0, 300), slice(300, 600)):
            model.partial_fit(X[part], y[part], classes=np.arange(10))
        scores.append(model.score(X, y))
    assert model.n_iter_ == 12
    assert scores[-1] > max(0.5, scores[0])
    with pytest.raises(ValueError, match="expected only the classes"):
        model.partial_fit(X[:10], y[:10] + 5)


def test_passes_are_counted_anew_by_each_fit(digits: Rows) -> None:
    model = quick(passes=1)
    assert [model.fit(*digits).n_iter_ for _ in range(2)] == [1, 1]
    with pytest.raises(ValueError, match="passes is 0; expected a whole number"):
        quick(passes=0).fit(*digits)


def test_early_stopping_keeps_the_best(digits: Rows) -> None:
    model = quick(passes=40, early_stopping=True, n_iter_no_change=2).fit(*digits)
    errors = [record.held_out_error for record in model.records_]
    assert model.n_iter_ == len(errors) < 40
    assert min(errors) == errors[-3]


def test_verbose_prints_a_line_for_each_pass(digits: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    quick(verbose=True).fit(*digits)
    lines = capsys.readouterr().out.splitlines()
    assert [re.match(r"pass \d of 2: [\d.]+ % wrong, [\d.]+ s", line) is not None for line in lines] == [True, True]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_pipeline_grid_and_cross_validation(digits: Rows, n_jobs: int) -> None:
    model = make_pipeline(MnistNormalizer(), quick(passes=1))
    scores = cross_val_score(model, *digits, cv=2, n_jobs=n_jobs)
    again = cross_val_score(clone(model), *digits, cv=2)
    np.testing.assert_array_equal(scores, again)
    grid = GridSearchCV(model, {"lenet5classifier__step": [1e-9, 0.3]}, cv=2, n_jobs=n_jobs).fit(*digits)
    assert grid.best_params_ == {"lenet5classifier__step": 0.3}


def test_pickled_it_answers_the_same(digits: Rows) -> None:
    X, y = digits
    model = quick().fit(X, y)
    back = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(back.predict_proba(X), model.predict_proba(X))
    assert_same_network(back.partial_fit(X, y), model.partial_fit(X, y))


def test_recipes_and_networks_of_ones_own(digits: Rows) -> None:
    X, y = digits
    own = replace(recipe("plain-centred"), passes=1)
    by_name = LeNet5Classifier("lenet5-softmax", passes=1, random_state=0).fit(X, y)
    assert_same_network(by_name, LeNet5Classifier(LENET5_SOFTMAX, recipe=own, random_state=0).fit(X, y))
    assert quick(passes=1).fit(X, y).network_.architecture == LENET5


def test_the_fitted_network_can_be_saved_and_loaded(digits: Rows, tmp_path: Path) -> None:
    import lenet5

    model = quick().fit(*digits)
    network = lenet5.load(model.network_.save(tmp_path / "mine.safetensors"))
    assert network.classes == tuple("0123456789")
    np.testing.assert_array_equal(network.parameters, model.network_.parameters)


def test_the_transformer_normalises_as_mnist_was(drawn: Rows) -> None:
    X, _ = drawn
    made = MnistNormalizer().fit_transform(X[:5])
    assert (made.dtype, made.shape) == (np.dtype(np.uint8), (5, 784))
    np.testing.assert_array_equal(made[0].reshape(28, 28), normalise(X[0].reshape(28, 28)))


@pytest.fixture(autouse=True)
def few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET5_THREADS", "1")  # inherited by joblib's processes
