"""Holds a page to the raw lines it was made of: every line that a cell names
is of that row and subject and holds the time that is shown, no line of a cell
is missing, ratios are those of a plain median, every plot is well-formed and
embedded, and no name became markup.

Usage: report_check.py PAGE_FOLDER RESULTS_FOLDER
"""
import base64
import html.parser
import json
import math
import pathlib
import re
import statistics
import sys
import xml.dom.minidom

page, folder = map(pathlib.Path, sys.argv[1:3])
text = (page / "index.html").read_text()
raw = [json.loads(line) for line in
       (folder / "results.jsonl").read_text().splitlines()
       if line.endswith("}")]


def script(name):
    return json.loads(re.search(
        f'<script type="application/json" id="{name}">(.*?)</script>', text,
        re.S).group(1))


class Tags(html.parser.HTMLParser):
    seen = []

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)


data, plots = script("data"), script("plots")
campaign = next(one for one in data["campaigns"]
                if one["header"] == raw[0])
known = 0
for row, cells in campaign["sources"].items():
    for subject, sources in cells.items():
        for number, kind, block, status, wall, *_ in sources:
            line = raw[number - 1]
            assert (line["row"], line["subject"], line["kind"],
                    line["block"], line["status"]) == (
                        row, subject, kind, block, status), number
            assert wall == line["figures"].get("wall_ns") or math.isclose(
                wall, line["figures"]["wall_ns"], rel_tol=1e-8), number
            known += 1
assert known == sum("row" in line for line in raw), "lines are missing"

for row in campaign["summary"]["rows"]:
    for name, cell in row["subjects"].items():
        times = {n: {line["block"]: line["figures"]["wall_ns"] for line in raw
                     if line.get("kind") == "time" and line["row"] ==
                     row["row"] and line["subject"] == n
                     and line["status"] == "ok"}
                 for n in (name, "glibc")}
        effect = cell["effects"].get("wall")
        if effect and len(times[name]) >= 6:
            plain = statistics.median(times[name][b] / times["glibc"][b]
                                      for b in times[name])
            assert abs(effect["ratio"] / plain - 1) < 0.02, (row["row"], name)

for plot in data["plots"]:
    drawn = (page / plot["file"]).read_bytes()
    xml.dom.minidom.parseString(drawn)
    assert plots[plot["file"]].split(",", 1)[1] == base64.b64encode(
        drawn).decode(), plot["file"]
tags = Tags()
tags.feed(text)
assert set(tags.seen) == {"html", "head", "meta", "title", "style", "body",
                          "noscript", "p", "main", "script"}, set(tags.seen)
assert tags.seen.count("script") == 3
assert not re.search(r'(src|href)="?(https?:)?//', text), "needs the network"
markdown = re.sub("``.*?``", "", (page / "report.md").read_text())
assert not re.search(r"<(?!/?details>|/?summary>)", markdown), "markup"
print(len(data["plots"]), "plots", known, "lines")
