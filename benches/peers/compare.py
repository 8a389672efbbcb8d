"""Mixlaw, SciPy and JAX fit the same laws to the same rows by the same objective; prints one Markdown table.

SciPy and JAX search as the paper does: random parameters, basin hopping with L-BFGS inside. A search runs until it is
within 0.01 % of the best objective known or its time is up; JAX's compilation does not count. Mixlaw's time is that of
the whole fit, on one core; the others may use what cores they like.

The rows are the SlimPajama runs of the paper if the folder MIXLAW_DATA (default ../shared/data) has them, else
Mixlaw's synthetic sample. The best objective known is the lower of slimpajama_reference.json's, if it is there, and
Mixlaw's, which is checked by the formulas as they are printed.
"""

import argparse
import csv
import io
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import hop
import laws

LAWS = ["additive", "joint"]
PEERS = {"SciPy": laws.numpy_objective, "JAX": laws.jax_objective}
WITHIN = 1.01
SOLVED = 1.0001
# Weights of nine decimals sum to 1 within 2e-9; Mixlaw's A_h, a power mean, takes them to sum to 1.
SAME_OBJECTIVE = 1e-8


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mixlaw", required=True, help="the mixlaw program")
    parser.add_argument("--targets", nargs="+", default=["wikipedia_loss", "c4_loss", "github_loss"])
    parser.add_argument("--all", action="store_true", help="all targets")
    parser.add_argument("--laws", nargs="+", choices=LAWS, default=LAWS)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--seconds", type=float, default=60, help="time for each search (default 60)")
    parser.add_argument("--hops", type=int, default=30, help="hops before a new random start (default 30)")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def read_study(mixlaw):
    """The study's text, its name, and the best objectives known."""
    folder = Path(os.environ.get("MIXLAW_DATA", Path(__file__).parents[2] / "../shared/data"))
    table, reference = folder / "slimpajama_paper_split.csv", folder / "slimpajama_reference.json"
    if not table.exists():
        text = subprocess.run([mixlaw, "sample"], check=True, capture_output=True, text=True).stdout
        return text, "Mixlaw's synthetic sample (no SlimPajama runs found)", {}
    known = json.loads(reference.read_text())["targets"] if reference.exists() else {}
    return table.read_text(), "SlimPajama runs", known


def rows_of(table, target):
    """The rows that have a loss of the target and are not held out, with weights that sum to 1."""
    kept = [row for row in table if row[target] and row["split"] == "fit"]
    column = lambda name: np.array([float(row[name]) for row in kept])
    h = np.column_stack([column(name) for name in table[0] if name.startswith("weight_")])
    # Mixlaw tells weights apart to nine decimals.
    h = np.round(h / h.sum(axis=1, keepdims=True), 9)
    return laws.Rows(h, column("model_size"), column("n_tokens"), column(target))


def mixlaw_fit(mixlaw, file, target, law):
    command = [mixlaw, "fit", file, "--law", law, "--target", target, "--weight-power", "0", "--gamma-floor", "0", "--json"]
    one_core = os.environ | {"RAYON_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    done = subprocess.run(command, check=True, env=one_core, **pipes)
    return json.loads(done.stdout)["fits"][0]


def check_same(fit, law, rows, objectives):
    """Shows that all three minimise the same thing: their objectives at Mixlaw's parameters."""
    natural = list(fit["parameters"].values())
    if not all(value and np.isfinite(value) for value in natural):
        print(f"  {fit['target']} {law}: a parameter of Mixlaw's has no place in a float; objectives not compared")
        return
    x = laws.inside(law, rows.k, natural)
    values = {"formula": laws.plain_objective(law, rows, natural)}
    values.update({name: objective(x)[0] for name, objective in objectives.items()})
    differences = {name: abs(value / fit["objective"] - 1) for name, value in values.items()}
    listed = ", ".join(f"{name} {difference:.1e}" for name, difference in differences.items())
    objective = f"objective {fit['objective']:.9e} at Mixlaw's parameters"
    print(f"  {fit['target']} {law}: {objective}; others differ by {listed}", flush=True)
    if max(differences.values()) > SAME_OBJECTIVE:
        raise SystemExit("peers: the objectives differ, so the comparison would mean nothing")


def in_words(clocked, best, seconds):
    reached = clocked.seconds_to(WITHIN * best)
    when = f"not reached in {seconds:.0f} s" if reached is None else f"{reached:.1f} s"
    return f"{clocked.best / best:.4f} | {when}"


def compare(args, file, table, known, target, law):
    """One line of the table, and the seconds of Mixlaw and of each peer, with whether it came within 1 % in them."""
    rows = rows_of(table, target)
    objectives = {peer: PEERS[peer](law, rows) for peer in args.peers}
    fit = mixlaw_fit(args.mixlaw, file, target, law)
    check_same(fit, law, rows, objectives)
    best = min(fit["objective"], known.get(target, {}).get(law, {}).get("mean_huber", np.inf))
    cells = [target, law, f"{best:.5e}", f"{fit['objective'] / best:.4f}", f"{fit['seconds']:.2f} s"]
    times = [(fit["seconds"], True)]
    for objective in objectives.values():
        random = np.random.default_rng(args.seed)
        draw = lambda random: laws.random_start(law, rows.k, random)
        clocked = hop.search(objective, draw, random, args.seconds, args.hops, SOLVED * best)
        cells.append(in_words(clocked, best, args.seconds))
        reached = clocked.seconds_to(WITHIN * best)
        times.append((args.seconds if reached is None else reached, reached is not None))
    return cells + speedups(times), times


def speedups(times):
    """How many times Mixlaw's seconds each peer takes, at least."""
    (own, _), *others = times
    return [f"{'' if reached else '> '}{seconds / own:.0f} ×" for seconds, reached in others]


def altogether(times):
    """The last line of the table: all fits together."""
    sums = [(sum(seconds for seconds, _ in of), all(reached for _, reached in of)) for of in zip(*times)]
    (own, _), *others = sums
    cells = ["all", "", "", "", f"{own:.2f} s"]
    for seconds, reached in others:
        cells += ["", f"{'' if reached else 'over '}{seconds:.0f} s"]
    return cells + speedups(sums)


def head(peers):
    cells = ["target", "law", "best known", "Mixlaw F", "time"]
    cells += [cell for peer in peers for cell in (f"{peer} F", "time")]
    return cells + [f"{peer} / Mixlaw" for peer in peers]


def main():
    args = options()
    text, name, known = read_study(args.mixlaw)
    table = list(csv.DictReader(io.StringIO(text)))
    losses = [column for column in table[0] if column.endswith("_loss")]
    targets = losses if args.all else args.targets
    if unknown := [target for target in targets if target not in losses]:
        raise SystemExit(f"peers: no target is called {unknown[0]}; there are {', '.join(losses)}")
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"data: {name}; at most {args.seconds:.0f} s a search; {load}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.csv"
        file.write_text(text)
        compared = [compare(args, file, table, known, target, law) for target in targets for law in args.laws]
    print("\nF: objective over the best known. Time: Mixlaw's whole fit; the others until within 1 % of the best.")
    lines, times = zip(*compared)
    columns = head(args.peers)
    print()
    for line in [columns, ["---"] * len(columns), *lines, altogether(times)]:
        print("| " + " | ".join(line) + " |")


if __name__ == "__main__":
    main()
