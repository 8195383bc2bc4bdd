"""The network: laid out and initialised as torch does, its derivatives and descents those of torch's autograd."""

from __future__ import annotations

import itertools
import threading
from typing import Any, Literal

import numpy as np
import pytest

from gdsim.core.data import Blobs, Dataset, Moons, NoisySine, Spirals
from gdsim.core.landscapes import Floats
from gdsim.core.landscapes.network import BLOCK, Network, layers

ACTIVATIONS: tuple[Literal["tanh", "relu"], ...] = ("tanh", "relu")
CASES = [
    pytest.param(
        Network(dataset=dataset, hidden=hidden, hidden2=hidden2, activation=activation),
        id=f"{dataset.task}-{hidden}-{hidden2}-{activation}",
    )
    for dataset in (Moons(size=40), NoisySine(size=25))
    for hidden, hidden2 in ((6, 0), (5, 4))
    for activation in ACTIVATIONS
]
each = pytest.mark.parametrize("network", CASES)


def in_torch(torch: Any, network: Network, theta: Floats | tuple[float, ...]) -> Any:
    """The same network as torch's modules, with the parameters theta."""
    modules: list[Any] = []
    for inputs, units in itertools.pairwise(network.sizes):
        modules.append(torch.nn.Linear(inputs, units, dtype=torch.float64))
        modules.append(torch.nn.Tanh() if network.activation == "tanh" else torch.nn.ReLU())
    model = torch.nn.Sequential(*modules[:-1])
    values = torch.tensor(np.array(theta), dtype=torch.float64)
    torch.nn.utils.vector_to_parameters(values, model.parameters())
    return model


def measure(torch: Any, network: Network) -> Any:
    return torch.nn.BCEWithLogitsLoss() if network.task == "classification" else torch.nn.MSELoss()


def flat(torch: Any, parts: Any) -> Floats:
    return np.asarray(torch.cat([part.ravel() for part in parts]).detach().numpy(), dtype=np.float64)


@each
def test_gradient_is_torchs(network: Network) -> None:
    torch = pytest.importorskip("torch")
    data = network.data()
    x, y = torch.tensor(data.x), torch.tensor(data.y)
    chance = np.random.Generator(np.random.Philox(key=11))
    for theta in chance.standard_normal((4, network.dim)):
        model = in_torch(torch, network, theta)
        loss = measure(torch, network)(model(x)[:, 0], y)
        loss.backward()
        found, slope = network.slope(theta, data.x, data.y)
        assert found == pytest.approx(loss.item(), rel=1e-13)
        wanted = flat(torch, [p.grad for p in model.parameters()])
        np.testing.assert_allclose(slope, wanted, rtol=1e-11, atol=1e-13)
        answer = model(x)[:, 0].detach()
        answer = torch.sigmoid(answer) if network.task == "classification" else answer
        np.testing.assert_allclose(network.predict(theta, data.x), answer.numpy(), rtol=1e-12, atol=1e-13)


@each
def test_hessian_is_torchs(network: Network) -> None:
    torch = pytest.importorskip("torch")
    data, theta = network.data(), np.array(network.initial())
    model, x, y = in_torch(torch, network, theta), torch.tensor(data.x), torch.tensor(data.y)
    names = [name for name, _ in model.named_parameters()]
    shapes = [p.shape for p in model.parameters()]

    def loss(flat_theta: Any) -> Any:
        parts = torch.split(flat_theta, [shape.numel() for shape in shapes])
        given = {name: part.reshape(shape) for name, part, shape in zip(names, parts, shapes, strict=True)}
        return measure(torch, network)(torch.func.functional_call(model, given, (x,))[:, 0], y)

    wanted = torch.autograd.functional.hessian(loss, torch.tensor(theta)).numpy()
    np.testing.assert_allclose(network.curvature(theta, data.x, data.y), wanted, rtol=1e-9, atol=1e-12)


@each
def test_descent_is_torchs(network: Network) -> None:
    torch = pytest.importorskip("torch")
    data, theta, lr = network.data(), np.array(network.initial()), 0.1
    model, x, y = in_torch(torch, network, theta), torch.tensor(data.x), torch.tensor(data.y)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for step in range(40):
        rows = np.arange(step, step + 10) % len(data.y)
        optimizer.zero_grad()
        measure(torch, network)(model(x[rows])[:, 0], y[rows]).backward()
        optimizer.step()
        theta = theta - lr * network.slope(theta, data.x[rows], data.y[rows])[1]
    np.testing.assert_allclose(theta, flat(torch, model.parameters()), rtol=1e-10, atol=1e-12)


def test_layout() -> None:
    network = Network(dataset=Moons(), hidden=3, hidden2=2)
    assert network.sizes == (2, 3, 2, 1)
    assert network.dim == 3 * 2 + 3 + 2 * 3 + 2 + 2 + 1
    names = network.parameter_names
    assert names[:3] == ("W1[0,0]", "W1[0,1]", "W1[1,0]")
    assert names[6:9] == ("b1[0]", "b1[1]", "b1[2]")
    assert names[9:12] == ("W2[0,0]", "W2[0,1]", "W2[0,2]")
    assert names[-3:] == ("W3[0,0]", "W3[0,1]", "b3[0]")
    assert [layer.units for layer in layers(network.sizes)] == [3, 2, 1]


@pytest.mark.parametrize(
    ("dataset", "hidden2", "sizes", "dim"),
    [
        (NoisySine(), 0, (1, 16, 1), 49),
        (Moons(), 0, (2, 16, 1), 65),
        (Moons(), 16, (2, 16, 16, 1), 337),
        (Blobs(), 32, (2, 16, 32, 1), 625),
    ],
)
def test_sizes_follow_the_data(dataset: Dataset, hidden2: int, sizes: tuple[int, ...], dim: int) -> None:
    network = Network(dataset=dataset, hidden=16, hidden2=hidden2)
    assert network.sizes == sizes
    assert network.dim == len(network.parameter_names) == len(network.initial()) == dim
    assert network.task == dataset.task


def test_filters_are_units() -> None:
    network = Network(dataset=Moons(), hidden=3, hidden2=2)
    filters = network.filters()
    assert [group.tolist() for group in filters] == [
        [0, 1, 6], [2, 3, 7], [4, 5, 8], [9, 10, 11, 15], [12, 13, 14, 16], [17, 18, 19]
    ]  # fmt: skip
    names = network.parameter_names
    assert [names[place] for place in filters[3]] == ["W2[0,0]", "W2[0,1]", "W2[0,2]", "b2[0]"]


def test_initial_weights_are_drawn_as_torch_does() -> None:
    network = Network(dataset=Moons(), hidden=32, hidden2=32)
    theta = np.array(network.initial())
    for layer in layers(network.sizes):
        bound = layer.inputs**-0.5
        for part in (layer.weights, layer.biases):
            assert np.abs(theta[part]).max() <= bound
        drawn = theta[layer.weights.start : layer.biases.stop]
        assert drawn.std() == pytest.approx(bound / 3.0**0.5, rel=0.25)
    assert network.initial() == Network(dataset=Spirals(), hidden=32, hidden2=32).initial()
    assert network.initial() != Network(dataset=Moons(), hidden=32, hidden2=32, init_seed=1).initial()
    # A pure function of the seed: the numbers themselves, so that documents mean the same for ever.
    assert Network(hidden=1, hidden2=0).initial() == (
        -0.6907772046734277, -0.36550463142722694, -0.549526825118297, 0.12882924321426747, 0.004759208547010729
    )  # fmt: skip


def test_threads_do_not_disturb_each_other() -> None:
    network = Network(dataset=Moons(size=300), hidden=16, hidden2=16)
    data = network.data()
    thetas = np.random.Generator(np.random.Philox(key=5)).standard_normal((6, network.dim))
    wanted = [network.slope(theta, data.x, data.y) for theta in thetas]
    wrong: list[int] = []

    def evaluate(which: int) -> None:
        for _ in range(40):
            loss, slope = network.slope(thetas[which], data.x, data.y)
            if loss != wanted[which][0] or (slope != wanted[which][1]).any():
                wrong.append(which)

    threads = [threading.Thread(target=evaluate, args=(which,)) for which in range(len(thetas))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_many_examples_are_computed_in_blocks() -> None:
    network = Network(dataset=Moons(size=2 * BLOCK + 100), hidden=4, hidden2=3)
    data, theta = network.data(), np.array(network.initial())
    pieces = [slice(0, BLOCK), slice(BLOCK, 2 * BLOCK), slice(2 * BLOCK, None)]
    weights = [data.y[piece].size / data.y.size for piece in pieces]
    found = [network.slope(theta, data.x[piece], data.y[piece]) for piece in pieces]
    loss, slope = network.slope(theta, data.x, data.y)
    assert loss == pytest.approx(np.dot(weights, [part for part, _ in found]), rel=1e-13)
    np.testing.assert_allclose(slope, np.dot(weights, [part for _, part in found]), rtol=1e-11, atol=1e-14)


def test_tried_thetas_are_tried_in_pieces() -> None:
    network = Network(dataset=Moons(size=1500), hidden=8, hidden2=8)
    data = network.data()
    thetas = np.random.Generator(np.random.Philox(key=6)).standard_normal((30, network.dim))
    values = [network.value(theta, data.x, data.y) for theta in thetas]
    np.testing.assert_allclose(network.losses(thetas, data.x, data.y), values, rtol=1e-12)


def test_it_learns_what_no_line_can() -> None:
    network = Network(dataset=Moons(size=100, noise=0.1), hidden=8, hidden2=0)
    data, theta = network.data(), np.array(network.initial())
    for _ in range(1500):
        theta = theta - 1.0 * network.slope(theta, data.x, data.y)[1]
    assert ((network.predict(theta, data.x) > 0.5) == (data.y == 1.0)).all()
