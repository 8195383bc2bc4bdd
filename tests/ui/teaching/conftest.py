from __future__ import annotations

from pathlib import Path

import pytest

STORY = """# The bowl

A bowl, and how fast one may roll in it.

## Slow

```scene
docks: readings
show: arrows
zoom: -1, 3, -1, 2
play: 20
speed: 1000
```

```json
{"landscape": {"name": "quadratic", "a": 1, "b": 10}, "start": [2, 1], "steps": 60,
 "runs": [{"label": "low", "optimizer": {"name": "SGD", "lr": 0.02}},
          {"label": "high", "optimizer": {"name": "SGD", "lr": 0.1}}]}
```

It **rolls**.

### Check

- high ends lower than low

## Fast

```scene
run: high
step: 3
```

```hint
Wait for hands.
```

### Predict: What happens at a rate of 0.25?

```reveal
set runs[1].optimizer.lr: 0.25
play: 30
```

- [ ] It arrives sooner. `high ends lower than low`
- [x] It leaves the bowl. `high diverges`
- [ ] Nothing new.

The limit is 0.2.

### Check

- high diverges before step 60

## Order

### Order: Which is higher?

```answer
by: rate
```

1. low
2. high

## Find

### Find: The largest rate that stays

```answer
set runs[1].optimizer.lr: 0.199
range runs[1].optimizer.lr: 1e-3 to 1
just: 1.1
```

### Check

- high does not diverge
- high ends below a loss of 7
"""


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """A lesson of four scenes, one of each kind."""
    path = tmp_path / "bowl.md"
    path.write_text(STORY, encoding="utf-8")
    return path
