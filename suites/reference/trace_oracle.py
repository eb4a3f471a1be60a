#!/usr/bin/python3
"""What the real tracemalloc makes of two files of traces and a list of filters.

Usage: trace_oracle.py OLD NEW FILTERS

OLD and NEW are as impl/trace/README.md describes. A line of FILTERS is a set
of filters, separated by tabs: each is inclusive (0 or 1), line, all_frames,
domain (-1: any) and a pattern ("" for a filter of domains), separated by
spaces. Exits with 77 when this is not CPython 3.11.
"""
import sys
import tracemalloc

if sys.version_info[:2] != (3, 11) or sys.implementation.name != "cpython":
    sys.exit(77)


def name_of(text):
    parts = text.split("\\")
    return parts[0] + "".join(chr(int(p[:2], 16)) + p[2:] for p in parts[1:])


def snapshot_of(path):
    """Reads the file without any of the code that wrote it."""
    names, tracebacks, traces, limit = [], [], [], 0
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file.read().split("\n"):
            word, _, rest = line.partition(" ")
            if word == "limit":
                limit = int(rest)
            elif word == "name":
                names.append(name_of(rest))
            elif word == "traceback":
                total, *frames = rest.split(" ")
                frames = [frame.split(":") for frame in frames]
                tracebacks.append((tuple((names[int(f)], int(n))
                                         for f, _, n in frames), int(total)))
            elif word == "trace":
                domain, size, number = map(int, rest.split(" "))
                traces.append((domain, size, *tracebacks[number]))
    return tracemalloc.Snapshot(traces, limit)


def filter_of(text):
    inclusive, line, all_frames, domain, pattern = text.split(" ", 4)
    inclusive, line, domain = bool(int(inclusive)), int(line), int(domain)
    if not pattern:
        return tracemalloc.DomainFilter(inclusive, domain)
    return tracemalloc.Filter(inclusive, pattern,
                              None if line < 0 else line,
                              bool(int(all_frames)),
                              None if domain < 0 else domain)


def show(title, statistics):
    print(title)
    for statistic in statistics:
        print(statistic)


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    old, new = snapshot_of(sys.argv[1]), snapshot_of(sys.argv[2])
    for key in "lineno", "filename", "traceback":
        for cumulative in (False, True):
            if key == "traceback" and cumulative:
                continue
            title = f"{key} {int(cumulative)}"
            show(title, new.statistics(key, cumulative))
            show(title + " diff", new.compare_to(old, key, cumulative))
    print("format")
    for statistic in new.statistics("traceback"):
        for limit in None, 1, -1, 3:
            for recent_first in False, True:
                for line in statistic.traceback.format(limit, recent_first):
                    print(line)
    with open(sys.argv[3], encoding="utf-8") as file:
        for line in file.read().split("\n")[:-1]:
            print("filtered")
            left = new.filter_traces([filter_of(f) for f in line.split("\t")])
            for domain, size, traceback, total in left.traces._traces:
                print(domain, size, total, traceback[0][0], traceback[0][1])


main()
