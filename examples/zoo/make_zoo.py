#!/usr/bin/env python3
"""Writes the problems of the zoo: for each entry problem.json, augmented.json and better.json in a folder of its own.

Every number is worked out here from the equations in the comments, by mpmath at 60 digits, and nothing is taken from pgb.
Run by hand: make_zoo.py; it ends with the loss of each point and of the better one. Needs mpmath.
"""
import json
from pathlib import Path

from mpmath import exp, findroot, lu_solve, matrix, mp, mpf, nstr, tanh

mp.dps = 60
HERE = Path(__file__).parent
LAMBDA = "1/10"  # of the added neurons


def sigmoid(t):
    return 1 / (1 + exp(-t))


def relu(t):
    return max(t, mpf(0))


ACTIVATIONS = {"sigmoid": sigmoid, "tanh": tanh, "relu": relu}


def number(text):
    """The exact value of a JSON number or of text such as "1/3"."""
    if isinstance(text, str) and "/" in text:
        p, q = text.split("/")
        return mpf(p) / mpf(q)
    return mpf(text)


def digits(value):
    """Text of 40 digits, which the problem file takes as it stands."""
    return nstr(value, 40)


def loss(nodes, parameters, x, y):
    """The mean of |f(x_i) - y_i|^2, the slow way."""
    total = mpf(0)
    for inputs, targets in zip(x, y):
        h = [number(t) for t in inputs]
        for node in nodes:
            if node["op"] == "linear":
                rows = parameters[node["weight"]]
                biases = parameters[node["bias"]] if "bias" in node else [0] * len(rows)
                h = [sum(number(w) * t for w, t in zip(row, h)) + number(b) for row, b in zip(rows, biases)]
            else:
                h = [ACTIVATIONS[node["op"]](t) for t in h]
        total += sum((t - number(s)) ** 2 for t, s in zip(h, targets))
    return total / len(x)


def write(name, nodes, x, y, point, better):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    fields = [
        ("model", {"input": len(x[0]), "nodes": nodes}),
        ("parameters", point),
        ("data", {"x": x, "y": y}),
        ("loss", "squared"),
    ]
    for file, more in (("problem", []), ("augmented", [("augment", {"kind": "exponential", "lambda": LAMBDA})])):
        lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in fields + more]
        (folder / f"{file}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in better.items()]
    (folder / "better.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    at, there = loss(nodes, point, x, y), loss(nodes, better, x, y)
    assert there < at
    print(f"{name:14s} loss {nstr(at, 20):24s} better {nstr(there, 20)}")


def layers(activation, bias):
    first, second = {"op": "linear", "weight": "w"}, {"op": "linear", "weight": "v"}
    if bias:
        first["bias"], second["bias"] = "b", "c"
    return [first, {"op": activation}, second]


THREE = [[1, 0], [0, 1], [0.5, 0.5]], [[0], [0], [1]]  # the third input is the mean of the others


def fit_three(s, p1, p2, p3, p4):
    """Weights of a 2-2-1 net that fits THREE: unit 1 sees p1, p2 and unit 2 p3, p4 at the first two inputs.

    v_1 s(p1) + v_2 s(p3) = 0 and v_1 s(p2) + v_2 s(p4) = 0 ask for s(p1) s(p4) = s(p2) s(p3), which p4 has to solve.
    """
    assert abs(s(p1) * s(p4) - s(p2) * s(p3)) < mpf(10) ** -55
    a = matrix([[s(p1), s(p3)], [s((p1 + p2) / 2), s((p3 + p4) / 2)]])
    v = lu_solve(a, matrix([0, 1]))
    return {"w": [[digits(p1), digits(p2)], [digits(p3), digits(p4)]], "v": [[digits(v[0]), digits(v[1])]]}


def three_sample_nets():
    # Both units see -1 at every input; 2 v sigmoid(-1) = 1/3, the mean of the targets.
    v = digits(1 / (6 * sigmoid(-1)))
    p4 = findroot(lambda t: sigmoid(4) * sigmoid(t) - sigmoid(-4) * sigmoid(2), -4)
    write("sigmoid", layers("sigmoid", False), *THREE,
          {"w": [[-1, -1], [-1, -1]], "v": [[v, v]]}, fit_three(sigmoid, mpf(4), mpf(-4), mpf(2), p4))

    # The units see 2 and 1/2; v_1 tanh 2 + v_2 tanh(1/2) = -1/3 + 2/3.
    v = [digits(-1 / (3 * tanh(2))), digits(2 / (3 * tanh(mpf(1) / 2)))]
    p4 = findroot(lambda t: tanh(3) * tanh(t) - tanh(mpf(1) / 2) * tanh(1), 0.4)
    write("tanh", layers("tanh", False), *THREE,
          {"w": [[2, 2], [0.5, 0.5]], "v": [v]}, fit_three(tanh, mpf(3), mpf(1) / 2, mpf(1), p4))


def relu_nets():
    # The targets are |x|; the best affine function is 2/3.
    x, y = [[-1], [0], [1]], [[1], [0], [1]]
    fit = {"w": [[1], [-1]], "b": [-0.5, -0.5], "v": [[2, 2]], "c": [0]}
    write("relu_affine", layers("relu", True), x, y,
          {"w": [[1], [-1]], "b": [2, 2], "v": [["1/6", "1/6"]], "c": [0]}, fit)
    write("relu_dead", layers("relu", True), x, y,
          {"w": [[1], [-1]], "b": [-2, -2], "v": [[1, 1]], "c": ["2/3"]}, fit)


def embedded_nets():
    # The 1-1-1 net a tanh(w x): d/da and d/dw of the sum of squares are 0.
    x, y = [[1], [2], [3]], [[1], [3], [1]]

    def gradient(a, w):
        r = [a * tanh(w * i) - j for i, j in zip((1, 2, 3), (1, 3, 1))]
        return (sum(t * tanh(w * i) for t, i in zip(r, (1, 2, 3))),
                sum(t * i / mp.cosh(w * i) ** 2 for t, i in zip(r, (1, 2, 3))))

    a, w = findroot(gradient, (mpf("1.88"), mpf("0.94")))
    # The best outgoing weights for two units that see x/8 and x/4. The loss falls further as these are made smaller.
    features = matrix([[tanh(mpf(i) / 8), tanh(mpf(i) / 4)] for i in (1, 2, 3)])
    v = lu_solve(features.T * features, features.T * matrix([1, 3, 1]))
    better = {"w": [[0.125], [0.25]], "v": [[digits(v[0]), digits(v[1])]]}
    for name, share in (("split", mpf(1) / 2), ("saddle", mpf(2))):
        write(name, layers("tanh", False), x, y,
              {"w": [[digits(w)], [digits(w)]], "v": [[digits(share * a), digits((1 - share) * a)]]}, better)


def one_neuron():
    # The derivative of the sum of (sigmoid(16 w) - 3/4)^2 and (sigmoid(w) - 3/4)^2 is 0; each has its own minimum.
    def slope(w):
        s = [(sigmoid(i * w), i) for i in (16, 1)]
        return sum((t - mpf(3) / 4) * t * (1 - t) * i for t, i in s)

    low, high = digits(findroot(slope, 0.0757)), digits(findroot(slope, 1.0986))
    nodes = [{"op": "linear", "weight": "w"}, {"op": "sigmoid"}]
    write("neuron", nodes, [[16], [1]], [[0.75], [0.75]], {"w": [[high]]}, {"w": [[low]]})
    # Two copies in orthogonal directions: (low, low), (low, high), (high, low) and (high, high) are minima.
    write("neuron_2d", nodes, [[16, 0], [1, 0], [0, 16], [0, 1]], [[0.75]] * 4,
          {"w": [[high, high]]}, {"w": [[low, low]]})


def linear_chain():
    nodes = [{"op": "linear", "weight": name} for name in ("w1", "w2", "w3")]
    write("chain", nodes, [[1], [2]], [[1], [3]],
          {"w1": [[0]], "w2": [[0]], "w3": [[0]]}, {"w1": [[1]], "w2": [[1]], "w3": [["7/5"]]})


if __name__ == "__main__":
    three_sample_nets()
    relu_nets()
    embedded_nets()
    one_neuron()
    linear_chain()
