"""Writes a small campaign of planted effects: glibc takes 100 ns, others what
is said, with a mood of each block and half a per cent of spread.

Usage: report_campaign.py DIR [NAME=VALUE...]
  rows=a,b,c      (or a number)      workloads=larson-like,...  (as many)
  subjects=mine:60,other:100         cost; 0: it crashes on every row
  blocks=12  kernel=6.1  started=2026-11-21  version=1  quick=1  memory=1
  micro=0  cut=0  status=ok          (of every time line)
"""
import json
import pathlib
import sys

given = dict(word.split("=", 1) for word in sys.argv[2:])
folder = pathlib.Path(sys.argv[1])
rows = given.get("rows", "one,two,three")
rows = ([f"row-{i}" for i in range(int(rows))] if rows.isdigit()
        else rows.split(","))
workloads = given.get("workloads", "larson-like").split(",")
costs = {"glibc": 100.0}
for word in filter(None, given.get("subjects", "mine:60").split(",")):
    name, cost = word.rsplit(":", 1)
    costs[name] = float(cost)
costs["glibc.twin"], costs["floor"] = 100.0, 20.0
blocks = int(given.get("blocks", "12"))

header = {
    "format": "assay-results", "version": int(given.get("version", "1")),
    "assay": "0.1.0", "started": given.get("started", "2026-11-21") +
    "T00:00:00Z", "command": "assay bench --subjects mine --out 'a b' --quick",
    "pinning": "none", "load": {"average": 0, "runnable": 1, "busy": None},
    "identity": {
        "subjects": [{
            "name": name, "path": f"/lib/{name}.so", "version": "1",
            "package": "", "sha256": "0" * 64, "build_id": "",
            "environment": [], "exports_malloc": True,
            "floor": name == "floor", "twin": name == "glibc.twin"}
            for name in costs],
        "rows": [{
            "name": row, "workload": workloads[i % len(workloads)],
            "question": "?", "operation": "malloc", "contract": "one thread",
            "version": 1, "threads": False, "reads_back": False,
            "program": False} for i, row in enumerate(rows)],
        "baseline": "glibc", "seed": 7, "quick": True, "scale": 1.0,
        "threads": 2, "blocks": blocks, "memory_cells": 1,
        "cell_sha256": "1", "cell_b_sha256": "2", "allocator_options": [],
        "machine": {"system": "Linux", "kernel": given.get("kernel", "6.1"),
                    "architecture": "x86_64",
                    "processor": {"model": "<b>P</b>", "usable": 2},
                    "memory": {}, "control_groups": {}, "c_library": "2",
                    "build": "cc"}}}


def cell(kind, block, row, subject, cost, **more):
    crashed = cost == 0 or given.get("status", "ok") != "ok"
    return {"kind": kind, "block": block, "row": row, "subject": subject,
            "status": "crashed" if crashed else "ok",
            "code": 11 if crashed else 0,
            "message": "<i>signal</i> 11 | \"'&" if crashed else "",
            "requirement": "", "figures": {} if crashed else {
                "wall_ns": cost, "cpu_ns": cost, "operations": 10.0,
                "vm_hwm_bytes": 5e6 + 1e4 * cost, "harness_bytes": 1e6,
                "live_peak_bytes": 4e6}, **more}


def lines():
    for row in rows:
        for name, cost in costs.items():
            if given.get("memory", "1") == "1" and name != "floor":
                yield cell("memory", 0, row, name, cost, timeline=[
                    [20 * i, 1, 4000000 + 100000 * i, 0, 0, 100000 * i]
                    for i in range(9)])
    for block in range(1, blocks + 1):
        for r, row in enumerate(rows):
            for s, (name, cost) in enumerate(costs.items()):
                mood = 1 + 0.05 * (block % 4)
                spread = 1 + 0.005 * ((block * 7 + s * 3 + r) % 5 - 2)
                yield cell("time", block, row, name, cost * mood * spread)
        yield {"kind": "block", "block": block, "load_average": 0.5,
               "runnable": 1, "steal_share": 0.0}
    for name in costs if given.get("micro") else ():
        for size in (16, 64, 1024):
            yield {"kind": "micro", "name": "aligned-64",
                   "size_bytes": size,
                   "subject": name, "status": "ok",
                   "repetitions_ns": [5.0 + size / 100, 6.0, 5.5]}
    yield {"kind": "end", "finished": "2026-11-21T01:00:00Z"}


folder.mkdir(parents=True)
text = "".join(json.dumps(line) + "\n" for line in [header, *lines()])
if given.get("cut"):
    text = text[:-60]
(folder / "results.jsonl").write_text(text)
