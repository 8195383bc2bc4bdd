"""Row 2: whatever is in a file, opening it ends in "loaded" or in one plain message, quickly and in little memory.

The quick suite tries a tenth; ``-m long`` tries them all.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from typing import Any

import pytest
from samples import CONTRACT, document

import gdsim
from gdsim.core import documents

SEEDS = [
    CONTRACT,
    document(
        {"optimizer": {"name": "Adam", "betas": [0.8, 0.99]}, "schedule": {"name": "OneCycleLR", "total_steps": 50}},
        {
            "optimizer": {"name": "SGD", "momentum": 0.5},
            "schedule": {
                "name": "SequentialLR",
                "schedulers": [{"name": "LinearLR"}, {"name": "CosineAnnealingLR", "T_max": 30}],
                "milestones": [5],
            },
            "changes": [{"step": 3, "optimizer": {"name": "SGD"}, "noise": {"std": 0.1}}],
        },
        landscape={"name": "linear_regression", "dataset": {"name": "inline", "x": [1.0, 2.0], "y": [2.0, 5.0]}},
        steps=20,
    ),
]  # fmt: skip
ODD = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 0.0, -0.0, 1e-320, 1e308, -1e308, "", "x", "lr", "\0",
    "🎢" * 50, "NaN", [], {}, [[]], [None], {"name": "SGD"}, {"name": None}, [0.0, 0.0], list(range(50)),
]  # fmt: skip
ODD_TEXT = [
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"9" * 5000, b"0." + b"9" * 5000, b"[" * 3000, b"\xff",
    b"\xc3(", b"\xed\xa0\x80", b'"\\ud800"', b"//", b"'x'", b"01", b"+1", b".5", b"\0", b"\xef\xbb\xbf", b",,",
]  # fmt: skip


def mutated(chance: random.Random) -> bytes:
    """One of the seeds with one to four things done to it."""
    content = json.loads(json.dumps(chance.choice(SEEDS)))
    for _ in range(chance.randint(0, 2)):
        meddle(content, chance)
    data = json.dumps(content).encode()
    for _ in range(chance.randint(0, 2)):
        data = cut_up(data, chance)
    return data


def meddle(content: Any, chance: random.Random) -> None:
    """Swap a value, drop one, double one, or put one where it does not belong."""
    homes = [content]
    for home in homes:
        homes += [part for part in (home.values() if isinstance(home, dict) else home) if isinstance(part, dict | list)]
    home = chance.choice(homes)
    keys = list(home) if isinstance(home, dict) else list(range(len(home)))
    if not keys:
        return
    key = chance.choice(keys)
    what = chance.randrange(4)
    if what == 0:
        home[key] = chance.choice(ODD)
    elif what == 1:
        del home[key]
    elif what == 2 and isinstance(home, dict):
        home[chance.choice([*keys, "unknown", "name", "lr", "steps"])] = home[key]
    elif isinstance(home, list):
        home.insert(key, chance.choice([home[key], *ODD]))


def cut_up(data: bytes, chance: random.Random) -> bytes:
    """Flip bytes, cut the end off, put odd text in, or double a stretch."""
    at = chance.randrange(len(data) + 1)
    what = chance.randrange(5)
    if what == 0:
        flipped = bytearray(data)
        for _ in range(chance.randint(1, 5)):
            if flipped:
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        return bytes(flipped)
    if what == 1:
        return data[:at]
    if what == 2:
        return data[:at] + chance.choice(ODD_TEXT) + data[at:]
    if what == 3:
        return data[:at] + data[at // 2 :]
    return data.decode("utf-8", "replace").encode(
        chance.choice(["utf-16", "utf-16-le", "utf-8-sig", "utf-32", "utf-8"])
    )


def attempt(seed: int) -> str:
    """Decode one mutated document, and make the first steps of what loads."""
    data = mutated(random.Random(seed))
    begin = time.process_time()
    try:
        experiment = documents.decode(data)
    except gdsim.DocumentError as error:
        message = str(error)
        assert message, seed
        assert len(message) < 1000, (seed, message)
        found = "refused"
    else:
        assert documents.decode(documents.encode(experiment)) == experiment, seed
        found = "loaded"
    assert time.process_time() - begin < 1.0, seed
    if found == "loaded" and experiment.steps <= 1000:
        gdsim.run(experiment)
    return found


def test_mutated_documents():
    found = [attempt(seed) for seed in range(2_000)]
    assert found.count("loaded") > 50  # the mutations are not all so coarse that only the JSON reader sees them
    assert found.count("refused") > 500


@pytest.mark.long
def test_mutated_documents_in_full():
    for seed in range(2_000, 22_000):
        attempt(seed)


HEAD = '{"format":"gdsim-experiment","version":1,"landscape":{"name":"bowl"},"runs":[],"start":['
BIG = {
    "arrays": '"[" + "[]," * (N // 3) + "[]]"',
    "objects": '"[" + "{}," * (N // 3) + "{}]"',
    "numbers": 'HEAD + "0," * (N // 2) + "0]}"',
    "floats": 'HEAD + "1e0," * (N // 4) + "0]}"',
    "text": '\'{"format":"\' + "x" * N + \'"}\'',
    "keys": '"{" + ",".join(f\'"{i}":0\' for i in range(N // 12)) + "}"',
    "deep": '"[" * N',
    "spaces": '" " * N',
    "50 MB": '" " * 50_000_000',
    "50 MB of arrays": '"[" + "[]," * 16_000_000 + "[]]"',
}  # fmt: skip


@pytest.mark.parametrize("name", BIG)
def test_large_documents_cost_little(name, tmp_path):
    path = tmp_path / "big.json"
    code = f"""
import resource, sys, time
import gdsim
from gdsim.core import documents
N, HEAD = documents.MAX_BYTES - 200, {HEAD!r}
if sys.argv[2] == "make":
    open(sys.argv[1], "w").write({BIG[name]})
    sys.exit()
try:
    gdsim.load(sys.argv[1].replace("big", "small"))
except OSError:
    pass
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.process_time()
try:
    gdsim.load(sys.argv[1])
    print("loaded")
except gdsim.DocumentError as error:
    print("refused", str(error)[:300])
spent = time.process_time() - begin
print(spent, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    for what in ("make", "load"):
        done = subprocess.run([sys.executable, "-c", code, str(path), what], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    verdict, figures = done.stdout.splitlines()
    seconds, megabytes = map(float, figures.split())
    assert verdict.startswith("refused")
    assert seconds <= 1.0
    assert megabytes <= 100.0
