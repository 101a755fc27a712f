"""Change the code of the cells one place at a time, and report what the fast tests miss.

``python run.py FOLDER`` works on copies under FOLDER, as many side by side as there are cores,
and goes on where it was stopped.
Each group of modules meets the tests that are about it.
A survivor that cannot change a result stands, with the reason, in ``equivalent.toml``.
It fails where fewer than 95 % of the other changes are caught.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LEAST = 0.95
STEPS = ("test_by_hand", "test_bad_input", "test_gradients", "test_laws", "test_fused")
CELLS = ("rnn", "lstm", "gru", "peephole", "min-gru", "min-lstm", "lru", "selective", "slstm")
LATER = ("test_by_hand", "test_gradients", "test_parallel")
QUICK = "by_hand or test_fused or test_step_backward or test_layouts or ragged or is_the_loop"


def _only(*names):
    """Return what leaves the tests of other cells out."""
    return " and ".join(f"not [{cell}" for cell in CELLS if cell not in names)


# Name: the modules, the files of tests, and which of these by name.
GROUPS = {
    "loop": (
        ("activations", "masks", "unroll/backward", "unroll/bidirectional"),
        STEPS,
        _only("rnn", "lstm", "gru") + " and not before",
    ),
    "forward": (("unroll/forward", "cells/shared"), STEPS, _only("rnn", "lstm", "gru")),
    "gru": (("cells/gru",), STEPS, _only("gru")),
    "lstm": (("cells/lstm", "cells/rnn"), STEPS, _only("rnn", "lstm")),
    "peephole": (("cells/peephole",), STEPS, _only("peephole")),
    # JAX's scan is not changed here: a process that has loaded JAX may not fork.
    "scan": (("unroll/parallel", "cells/after/shared"), ("test_parallel",), "not associative"),
    **{
        name: (
            (f"cells/after/{name}",),
            LATER,
            f"{_only(name.replace('_', '-'))} and not associative and not bidirectional",
        )
        for name in ("min_gru", "min_lstm", "lru", "selective", "slstm")
    },
    "attention": (
        tuple(f"attention/{name}" for name in ("additive", "dot_product", "multi_head", "weights")),
        ("../attention/test_attention",),
        "",
    ),
    "losses": (("losses",), ("../test_losses",), ""),
    "fused": (("cells/fused", "unroll/fast"), ("test_fused",), ""),
    "layouts": (("libraries/layouts",), ("../libraries/test_layouts",), ""),
}
# Arithmetic is exchanged for arithmetic: + for -, * for / and +, @ by the swap of its neighbours.
# Bits, powers and remainders are not mistakes that anyone makes here, and | stands in types.
LEFT_OUT = (
    "core/ReplaceBinaryOperator_.*_(FloorDiv|Mod|Pow|RShift|LShift|BitOr|BitAnd|BitXor)$",
    "core/ReplaceBinaryOperator_(FloorDiv|Mod|Pow|RShift|LShift|BitOr|BitAnd|BitXor)_.*",
    "core/ReplaceBinaryOperator_(Add|Sub)_(Mul|Div)$",
    "core/ReplaceBinaryOperator_(Mul|Div)_Sub$",
    "core/ReplaceComparisonOperator_.*_(Is|Is_?Not|In|Not_?In)$",
    "core/ReplaceComparisonOperator_(Is|In|Not).*",
    "core/(ExceptionReplacer|RemoveDecorator|AddNot|Variable.*)",
)
SETTINGS = """
[cosmic-ray]
module-path = {modules}
timeout = 300.0
excluded-modules = []
test-command = "see forked.py"

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = {left_out}
"""
QUERY = """
select m.module_path, m.start_pos_row, m.operator_name, r.test_outcome, r.diff
from mutation_specs m join work_results r on m.job_id = r.job_id
where r.worker_outcome != 'SKIPPED' order by 1, 2, 3
"""


def run_group(folder, name):
    """Change the modules of one group in a copy of its own, and return its results."""
    modules, tests, chosen = GROUPS[name]
    copy = folder / name
    session = copy / "session.sqlite"
    environment = os.environ | {
        "PYTHONPATH": str(copy / "src"),
        "OPENBLAS_NUM_THREADS": "1",
    }

    def call(*command):
        subprocess.run(command, cwd=copy, env=environment, check=True)

    for part in ("src", "tests"):  # Always fresh: a stopped run leaves its last change behind.
        shutil.rmtree(copy / part, ignore_errors=True)
        shutil.copytree(ROOT / part, copy / part)
    shutil.copy(ROOT / "pyproject.toml", copy)
    paths = [f"src/unrolled/{module}.py" for module in modules]
    settings = SETTINGS.format(modules=paths, left_out=list(LEFT_OUT))
    (copy / "settings.toml").write_text(settings, encoding="utf-8")
    if not session.exists():
        call("cosmic-ray", "init", "settings.toml", session.name)
        call("cr-filter-operators", session.name, "settings.toml")
    # Without this, tests of an installed copy would let every change survive.
    met = f"from unrolled import __file__ as met; assert met.startswith({str(copy)!r}), met"
    call(sys.executable, "-c", met)
    files = [*(f"tests/cells/{test}.py" for test in tests), *paths]
    options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=mutants"]
    # Its own assertions need no rewriting, and it is loaded before the forks.
    options += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    # Most changes are caught by a few quick tests; only the others meet all.
    stages = [" and ".join(f"({w})" for w in words if w) for words in ((chosen, QUICK), (chosen,))]
    rounds = [[*options, "-k", stage, *files] for stage in stages]
    call(sys.executable, str(HERE / "forked.py"), session.name, json.dumps(rounds))
    rows = sqlite3.connect(session).execute(QUERY).fetchall()
    survivors = sum(row[3] == "SURVIVED" for row in rows)
    print(f"{name}: {len(rows)} changes, {survivors} not noticed", flush=True)
    return rows


def main(folder):
    """Run all groups, print the survivors and the share caught; return 1 where it is too small."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        groups = pool.map(lambda name: run_group(folder, name), GROUPS)
        rows = [row for group in groups for row in group]
    known = tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8"))
    survivors = [row for row in rows if row[3] == "SURVIVED"]
    missed = 0
    for module, line, operator, _, diff in survivors:
        changed = [t[1:].strip() for t in diff.splitlines() if t[:1] in "+-" and t[1:2] not in "+-"]
        reason = known.get(" -> ".join(changed))
        missed += reason is None
        print(f"{module}:{line} {operator.split('/')[1]}", *changed, sep="\n    ")
        print(f"    {reason or 'NO REASON IS ON FILE'}")
    harmful = len(rows) - len(survivors) + missed  # All but those that cannot change a result.
    share = 1 - missed / harmful
    print(
        f"{len(rows)} changes: {len(survivors) - missed} cannot be noticed, for the reasons above."
    )
    print(f"Of the other {harmful}, {missed} went unnoticed: {share:.1%} caught")
    return int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
