"""Print what the fast tests missed: ``python report.py SESSION.sqlite``; fails below 95 %.

A survivor that cannot change any result is listed, with the reason, in ``equivalent.toml``.
"""

import sqlite3
import sys
import tomllib
from pathlib import Path

LEAST = 0.95
QUERY = """
select m.module_path, m.start_pos_row, m.operator_name, r.test_outcome, r.diff
from mutation_specs m join work_results r on m.job_id = r.job_id
where r.worker_outcome != 'SKIPPED' order by 1, 2, 3
"""


def main(path):
    """Print the share that was caught and every survivor; return 1 where too few were caught."""
    rows = sqlite3.connect(path).execute(QUERY).fetchall()
    known = tomllib.loads((Path(__file__).parent / "equivalent.toml").read_text(encoding="utf-8"))
    survivors = [row for row in rows if row[3] == "SURVIVED"]
    for module, line, operator, _, diff in survivors:
        changed = [t[1:].strip() for t in diff.splitlines() if t[:1] in "+-" and t[1:2] not in "+-"]
        print(f"{module}:{line} {operator.split('/')[1]}")
        print("\n".join(f"    {text}" for text in changed))
        print(f"    {known.get(changed[0], 'no reason is on file') if changed else diff}")
    share = 1 - len(survivors) / len(rows)
    print(f"{len(rows)} changes, {len(survivors)} not noticed: {share:.1%} caught")
    return int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
