#!/usr/bin/python3
"""Makes and drops objects as told, and shows the interpreter's free lists.

Usage: typed_oracle.py counts WHAT STEP...   +n makes n, -n drops the last n,
                                             c collects; the lists are printed
                                             to stderr after each step
       typed_oracle.py order WHAT            which of 40 objects dropped in a
                                             fixed order each new one is
Exits with 77 when this is not CPython 3.11.
"""
import gc
import sys

if sys.version_info[:2] != (3, 11) or sys.implementation.name != "cpython":
    sys.exit(77)

show = sys._debugmallocstats
collect = gc.collect
gc.disable()

MAKE = {
    "list": lambda i: [],
    "dict": lambda i: {},
    "float": lambda i: i * 1.5,
    "tuple1": lambda i: (i,),
    "tuple7": lambda i: (i, i, i, i, i, i, i),
    "tuple19": lambda i: (i,) * 19,
    "tuple20": lambda i: (i,) * 20,
}
held = [None] * 5000


def counts(make, steps):
    used = 0
    for step in steps:
        if step == "c":
            collect()
        elif step[0] == "+":
            for i in range(int(step[1:])):
                held[used] = make(i)
                used += 1
        else:
            for i in range(int(step[1:])):
                used -= 1
                held[used] = None
        show()


def order(make):
    ids, seen = [0] * 40, [0] * 40
    collect()
    for i in range(40):
        held[i] = make(i)
        ids[i] = id(held[i])
    for i in range(40):
        held[i * 7 % 40] = None
    for i in range(40):
        held[i] = make(i)
        seen[i] = id(held[i])
    for i in range(40):
        print(ids.index(seen[i]) if seen[i] in ids else -1)


if sys.argv[1] == "counts":
    counts(MAKE[sys.argv[2]], sys.argv[3:])
else:
    order(MAKE[sys.argv[2]])
