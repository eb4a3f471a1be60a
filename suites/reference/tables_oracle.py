#!/usr/bin/python3
"""Puts keys into a dict or a set and takes them out, and shows the table.

Usage: tables_oracle.py dict|text|set SEED OPERATIONS RANGE

A line an operation: bytes, length, whether it is tracked, what was popped.
Every 64th is followed by a line of the referents in order, -1 for a list. The
operations are drawn as in tables_oracle.c. Exits with 77 when this is not
CPython 3.11.
"""
import gc
import sys

if sys.version_info[:2] != (3, 11) or sys.implementation.name != "cpython":
    sys.exit(77)
gc.disable()

kind, seed, operations, span = sys.argv[1], *map(int, sys.argv[2:5])
state = seed
table = set() if kind == "set" else {}
ids = {}


def draw(below):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) % below


def key_of(number):
    if kind != "text":
        return number
    text = str(number)
    ids[text] = number
    return text


def number_of(item):
    return -1 if type(item) is list else ids.get(item, item)


def put(key):
    if kind == "set":
        table.add(key)
    else:
        table[key] = [] if draw(40) == 0 else draw(1000)


def take(key):
    if kind == "set":
        table.discard(key)
    else:
        table.pop(key, None)


def pop():
    if not table:
        return -1
    if kind == "set":
        return table.pop()
    return number_of(table.popitem()[0])


def update():
    """With some keys in a row; those that are there keep their values."""
    first, count = draw(span), draw(20)
    if kind == "set":
        other = set()
        for i in range(count):
            other.add(first + i)
        table.update(other)
    else:
        for i in range(count):
            table.setdefault(key_of(first + i), i)


def operate(bias):
    what = draw(1000)
    if what < 2:
        table.clear()
    elif what < 12:
        gc.collect()
    elif what < 22:
        update()
    elif what < 80:
        return pop()
    elif draw(100) < bias:
        put(key_of(draw(span)))
    else:
        take(key_of(draw(span)))
    return -1


out = []
bias = 80
for operation in range(operations):
    if operation % 256 == 0:
        bias = 20 + draw(80)
    popped = operate(bias)
    out.append("%d %d %d %d" % (sys.getsizeof(table), len(table),
                                gc.is_tracked(table), popped))
    if operation % 64 == 63:
        items = [number_of(i) for i in gc.get_referents(table)]
        out.append(" ".join(["="] + [str(i) for i in items]))
print("\n".join(out))
