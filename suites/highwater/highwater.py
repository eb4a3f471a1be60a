"""highwater.py - the experiment in the real CPython: makes many objects, drops
them, collects, and prints the resident memory at each step as one JSON line.

Usage: python3 highwater.py KIND COUNT KEEP
"""
import ctypes
import gc
import json
import platform
import sys

NOTHING = None
MAKE = {
    "str": lambda n: ["abc" for x in range(n)],
    "int": lambda n: [x + 1000 for x in range(n)],
    "float": lambda n: [float(x) for x in range(n)],
    "list": lambda n: [[NOTHING] for x in range(n)],
    "tuple": lambda n: [(NOTHING,) for x in range(n)],
}


def resident_bytes():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024


def kept(objects, keep):
    if keep == "thousandth":
        return objects[::1000]
    if keep == "last-percent":
        return objects[-(len(objects) // 100):]
    return []


def trim():
    """What malloc alone still holds; not every malloc has a trim."""
    ctypes.CDLL(None).malloc_trim(0)


def main():
    kind, count, keep = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    gc.collect()
    rss = [resident_bytes()]
    objects = MAKE[kind](count)
    rss.append(resident_bytes())
    rest = kept(objects, keep)
    del objects
    rss.append(resident_bytes())
    gc.collect()
    rss.append(resident_bytes())
    trim()
    rss.append(resident_bytes())
    print(json.dumps({"edition": "python " + platform.python_version(),
                      "kind": kind, "count": count, "keep": keep,
                      "release": "as-edition", "rss_bytes": rss,
                      "kept": len(rest)}))


main()
