"""The Python package against PyTorch, mpmath and closed forms."""

import fractions
import json
import subprocess
import sys

import mpmath
import numpy as np
import pytest
import torch

import pgb

torch.set_default_dtype(torch.float64)
SEED = 20261125


def network(activation, widths=(3, 5, 2), seed=SEED):
    torch.manual_seed(seed)
    layers = []
    for k, (i, o) in enumerate(zip(widths, widths[1:])):
        layers += [torch.nn.Linear(i, o)] + ([activation] if k + 2 < len(widths) else [])
    return torch.nn.Sequential(*layers)


def flat(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


LOSSES = {
    "squared": (lambda q, y: ((q - y) ** 2).sum(1).mean(), None),
    "mse": (torch.nn.functional.mse_loss, None),
    "cross_entropy": (torch.nn.functional.cross_entropy, 2),
}
ACTIVATIONS = [torch.nn.Tanh(), torch.nn.Sigmoid(), torch.nn.ReLU(), torch.nn.Softplus(beta=2), torch.nn.GELU(),
               torch.nn.GELU(approximate="tanh"), torch.nn.SiLU(), torch.nn.ELU(alpha=0.7), torch.nn.SELU(),
               torch.nn.LeakyReLU(0.2)]


def data(loss, m=7, seed=SEED):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(m, 3))
    classes = LOSSES[loss][1]
    return x, rng.integers(0, classes, size=m) if classes else rng.normal(size=(m, 2))


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
@pytest.mark.parametrize("loss", LOSSES)
def test_values_and_derivatives_equal_torch(activation, loss):
    module = network(activation)
    x, y = data(loss)
    problem = pgb.problem(module, (x, y), loss=loss)
    parameters = list(module.parameters())
    q = LOSSES[loss][0](module(torch.as_tensor(x)), torch.as_tensor(y))
    gradient = torch.autograd.grad(q, parameters, create_graph=True)
    value, grad = pgb.value_gradient(problem)
    assert value == pytest.approx(q.item(), rel=1e-12)
    np.testing.assert_allclose(grad, flat(gradient).detach().numpy(), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(pgb.outputs(problem), module(torch.as_tensor(x)).detach().numpy(), rtol=1e-12, atol=1e-14)

    names = [name for name, _ in module.named_parameters()]

    def outputs(*tensors):
        return torch.nn.utils.stateless.functional_call(module, dict(zip(names, tensors)), torch.as_tensor(x))

    jacobian = torch.autograd.functional.jacobian(outputs, tuple(parameters))
    rows = torch.cat([j.reshape(x.shape[0] * 2, -1) for j in jacobian], dim=1)
    np.testing.assert_allclose(pgb.gradient_basis(problem), rows.detach().numpy(), rtol=1e-11, atol=1e-13)

    v = np.random.default_rng(SEED).normal(size=grad.size)
    parts = torch.autograd.grad(flat(gradient) @ torch.as_tensor(v), parameters, allow_unused=True)
    product = flat([torch.zeros_like(p) if h is None else h for h, p in zip(parts, parameters)])
    np.testing.assert_allclose(pgb.hessian_product(problem, v), product.detach().numpy(), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(pgb.hessian(problem) @ v, product.detach().numpy(), rtol=1e-9, atol=1e-11)


class Residual(torch.nn.Module):
    """What no nn.Sequential says: convolutions, a sum, pooling over everything."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(1, 2, 3, padding=1)
        self.second = torch.nn.Conv2d(2, 2, 3, padding=1)
        self.last = torch.nn.Linear(2, 2)

    def forward(self, x):
        h = torch.tanh(self.first(x))
        h = h + torch.tanh(self.second(h))
        return self.last(torch.nn.functional.adaptive_avg_pool2d(h, 1).flatten(1))


def test_any_module_goes_through_onnx():
    torch.manual_seed(SEED)
    module = Residual()
    rng = np.random.default_rng(SEED)
    x, y = rng.normal(size=(3, 1, 4, 4)), rng.normal(size=(3, 2))
    problem = pgb.problem(module, (x, y), loss="mse")
    q = torch.nn.functional.mse_loss(module(torch.as_tensor(x)), torch.as_tensor(y))
    gradient = torch.autograd.grad(q, list(module.parameters()))
    value, grad = pgb.value_gradient(problem)
    assert value == pytest.approx(q.item(), rel=1e-12)
    assert np.linalg.norm(grad) == pytest.approx(float(flat(gradient).norm()), rel=1e-11)
    with pytest.raises(pgb.InputError, match="logits"):
        pgb.problem(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Softmax(dim=1)), data("mse"), loss="mse")


LINE = {"input": 1, "nodes": [{"op": "linear", "weight": "w", "bias": "b"}]}
POINTS = ([[-1], [0], [1]], [[3], [0], [3]])  # the best line is y = 2, with loss 2


def test_verdicts_of_a_line():
    best = {"w": [[0]], "b": [2]}
    verdict = pgb.check(LINE, POINTS, loss="squared", parameters=best)
    assert verdict.verdict == "satisfied" and verdict.certified and bool(verdict)
    assert float(verdict.loss) == 2
    verdict = pgb.check(LINE, POINTS, loss="squared", parameters=best, augment="1/4")
    assert verdict.verdict == "violated" and verdict.certified and not verdict
    assert verdict.span["unperturbed_rank"] == 2 and verdict.span["rank"] == 3
    assert "certified" in repr(verdict) and verdict.explanation in repr(verdict)
    assert verdict.explanation.split()[0] in str(verdict)
    assert "<iframe" in verdict._repr_html_()
    with pytest.raises(AttributeError):
        verdict.nonsense


def test_certificates_are_checked_independently(tmp_path):
    verdict = pgb.check(LINE, POINTS, loss="squared", parameters={"w": [[0]], "b": [2]}, augment="1/4")
    accepted, statement = pgb.verify(verdict.certificates[0])
    assert accepted and "not a local minimum" in statement
    verdict.save_certificate(tmp_path / "proof.json")
    proof = json.loads((tmp_path / "proof.json").read_text())
    assert proof == json.loads(verdict.certificates[0])
    tampered = verdict.certificates[0].replace('"component":2', '"component":0')
    if tampered != verdict.certificates[0]:
        assert not pgb.verify(tampered)[0]
    with pytest.raises(pgb.InputError):
        pgb.verify("{}")


def test_extended_precision_equals_mpmath():
    mpmath.mp.prec = 400
    x = [mpmath.mpf(k) / 3 for k in range(1, 4)]
    y = [mpmath.mpf(1), mpmath.mpf(3), mpmath.mpf(1)]
    a, w = mpmath.mpf("1.883669255248155324219138"), mpmath.mpf("0.9401757121042769456877459")
    model = {"input": 1, "nodes": [{"op": "linear", "weight": "w"}, {"op": "tanh"}, {"op": "linear", "weight": "a"}]}
    problem = pgb.problem(model, ([[v] for v in x], [[v] for v in y]), loss="squared", parameters={"w": [[w]], "a": [[a]]})
    value, gradient = pgb.value_gradient(problem, precision_bits=400)

    def q(a, w):
        return sum((a * mpmath.tanh(w * s) - t) ** 2 for s, t in zip(x, y)) / 3

    assert abs(value - q(a, w)) < mpmath.mpf(2) ** -380
    assert abs(gradient[0] - mpmath.diff(lambda u: q(a, u), w)) < mpmath.mpf(2) ** -150
    assert isinstance(value, mpmath.mpf)


def test_numbers_are_exact():
    third = fractions.Fraction(1, 3)
    for one in (third, "1/3"):
        problem = pgb.problem(LINE, POINTS, loss="squared", parameters={"w": [[one]], "b": [0]})
        value, _ = pgb.value_gradient(problem, precision_bits=2000)
        exact = sum((third * s - t) ** 2 for s, t in ((-1, 3), (0, 0), (1, 3))) / 3
        assert abs(value - mpmath.mpf(exact.numerator) / exact.denominator) < mpmath.mpf(2) ** -390
    assert problem.parameters[0] == 1 / 3


def test_a_proof_of_a_strict_minimum():
    problem = pgb.problem(LINE, POINTS, loss="squared", parameters={"w": [[0.001]], "b": [1.999]})
    proof = pgb.certify_critical_point(problem)
    assert proof["exists"] and proof["strict_minimum"]
    assert proof["existence_radius"] <= proof["uniqueness_radius"]
    assert abs(float(proof["center"][1]) - 2) < 1e-12


def test_flat_families_and_span():
    problem = pgb.problem(LINE, POINTS, loss="squared", parameters={"w": [[0]], "b": [2]}, augment="1/4")
    families = pgb.flat_families(problem)
    assert families[0]["kind"] == "added neurons" and families[0]["dimension"] == 2
    span = pgb.perturbed_gradient_span(problem)
    assert (span["unperturbed_rank"], span["rank"], span["ambient"]) == (2, 3, 3)


def test_arrays_own_their_memory():
    problem = pgb.problem(LINE, POINTS, loss="squared", parameters={"w": [[0]], "b": [2]})
    parameters = problem.parameters
    del problem
    assert parameters.tolist() == [0, 2]
    parameters[0] = 7  # ours to change


@pytest.mark.parametrize("change, words", [
    (dict(parameters={"w": [[0]]}), "missing tensor"),
    (dict(parameters={"w": [[0, 1]], "b": [2]}), "shape"),
    (dict(parameters={"w": [[float("nan")]], "b": [2]}), "finite"),
    (dict(parameters={"w": [["one"]], "b": [2]}), "w"),
    (dict(loss="squarred"), "did you mean \"squared\""),
    (dict(data=([[1], [2]], [[1]])), "samples"),
    (dict(augment="-1"), "lambda"),
])
def test_bad_input_is_named(change, words):
    arguments = dict(parameters={"w": [[0]], "b": [2]}, loss="squared", data=POINTS)
    arguments.update(change)
    with pytest.raises(pgb.InputError, match=words):
        pgb.check(LINE, arguments.pop("data"), **arguments)


def test_wrong_calls():
    with pytest.raises(pgb.InputError):
        pgb.check(LINE)
    with pytest.raises(pgb.InputError):
        pgb.from_torch(3)
    problem = pgb.problem(LINE, POINTS, loss="squared", parameters={"w": [[0]], "b": [2]})
    for region in ("all", -1.0, float("inf")):
        with pytest.raises(pgb.InputError):
            pgb.check(problem, region=region)
    with pytest.raises(pgb.InputError):
        pgb.value_gradient(problem, [1.0])


def test_interrupt_and_progress():
    problem = pgb.problem(network(torch.nn.Tanh()), data("mse"), loss="mse")
    stages = []
    pgb.check(problem, progress=lambda stage, fraction: stages.append(stage))
    assert stages

    def interrupt(stage, fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pgb.check(problem, progress=interrupt)


def test_problem_files_are_read(tmp_path):
    np.savez(tmp_path / "net.npz", w=np.zeros((1, 1)), b=np.array([2.0]))
    np.savez(tmp_path / "train.npz", x=np.array(POINTS[0], float), y=np.array(POINTS[1], float))
    (tmp_path / "p.json").write_text(json.dumps({"model": LINE, "parameters": "net.npz", "data": "train.npz",
                                                 "loss": "squared"}))
    problem = pgb.load_problem(tmp_path / "p.json")
    assert problem.samples == 3 and problem.outputs == 1
    same = pgb.problem(LINE, POINTS, loss="squared", parameters={"w": [[0]], "b": [2]})
    assert problem.sha256 == same.sha256
    assert pgb.load_problem(tmp_path / "p.json", augment="exponential", lambda_="1/4").sha256 != same.sha256


def test_stubs_name_what_there_is():
    """Every public name is in the stubs, and the stubs name nothing else."""
    import ast
    import pathlib

    tree = ast.parse((pathlib.Path(pgb.__file__).parent / "__init__.pyi").read_text())
    named = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert named == set(pgb.__all__)


def test_import_does_not_load_torch():
    code = "import sys, pgb; print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
