#!/usr/bin/python3
"""Uses a map with weak values, one with weak keys, or finalizers, and shows
what they hold after each operation.

Usage: maps_oracle.py values|keys|finalizers SEED OPERATIONS

A line an operation. Of maps: what it gave, how many pairs the dict inside has,
how many keys wait to be taken out, and the pairs in order, -1 for the dead. Of
finalizers: what it gave, how many are registered, and which were called. The
operations are drawn as in maps_oracle.c. Exits with 77 when this is not
CPython 3.11.
"""
import gc
import sys

if sys.version_info[:2] != (3, 11) or sys.implementation.name != "cpython":
    sys.exit(77)

import weakref
from _weakrefset import _IterationGuard

gc.disable()
gc.collect()

PLACES, NESTED, UPDATED = 12, 3, 3

kind, seed, operations = sys.argv[1], *map(int, sys.argv[2:4])
state = seed
from_keys = kind == "keys"


def draw(below):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) % below


class Node:
    """What is referred to weakly; equal to itself alone."""
    __slots__ = ("id", "self", "__weakref__")

    def __init__(self, id):
        self.id = id


nodes = [Node(i) for i in range(PLACES)]
next_id = PLACES


def replace(place):
    """The node that is there dies, if nothing else holds it."""
    global next_id
    nodes[place] = Node(next_id)
    next_id += 1


def knot(place):
    nodes[place].self = nodes[place]
    replace(place)


def id_of(thing):
    if type(thing) is Node:
        return thing.id
    return -1 if thing is None else thing


# ---- maps ----

table = weakref.WeakKeyDictionary() if from_keys else \
    weakref.WeakValueDictionary()
guards = []
haunts = [None] * PLACES


def haunt():
    """When a node dies, a pair is put in, often under a key that goes."""
    plain, other, place = draw(PLACES), draw(PLACES), draw(PLACES)

    def put_in(_):
        if from_keys:
            table[nodes[other]] = plain
        else:
            table[plain] = nodes[other]

    haunts[place] = weakref.ref(nodes[draw(PLACES)], put_in)
    return -1


def pair():
    """A key and a value, one of which is a node."""
    plain, node = draw(PLACES), nodes[draw(PLACES)]
    return (node, plain) if from_keys else (plain, node)


def put():
    key, value = pair()
    table[key] = value
    return -1


def delete():
    try:
        del table[pair()[0]]
        return 1
    except KeyError:
        return 0


def pop_item():
    try:
        key, value = table.popitem()
        return "%d:%d" % (id_of(key), id_of(value))
    except KeyError:
        return -1


def iterate():
    if draw(2) and len(guards) < NESTED:
        guards.append(_IterationGuard(table))
        guards[-1].__enter__()
    elif guards:
        guards.pop().__exit__(None, None, None)
    return len(guards)


def update():
    table.update(dict(pair() for _ in range(UPDATED)))
    return -1


def pairs_of(data):
    if from_keys:
        return "".join(" %d:%d" % (id_of(k()), v) for k, v in data.items())
    return "".join(" %d:%d" % (k, id_of(v())) for k, v in data.items())


def operate_map():
    what = draw(100)
    if what < 4:
        return haunt()
    if what < 28:
        return put()
    if what < 36:
        return delete()
    if what < 42:
        return id_of(table.get(pair()[0]))
    if what < 48:
        return id_of(table.pop(pair()[0], None))
    if what < 52:
        return pop_item()
    if what < 60:
        return id_of(table.setdefault(*pair()))
    if what < 76:
        return replace(draw(PLACES)) or -1
    if what < 82:
        return knot(draw(PLACES)) or -1
    if what < 86:
        return gc.collect()
    if what < 92:
        return iterate()
    if what < 95:
        return len(table)
    if what < 98:
        return update()
    return "copy" + pairs_of(table.copy().data)


def line_of_map():
    gave = operate_map()
    return "%s %d %d%s" % (gave, len(table.data), len(table._pending_removals),
                           pairs_of(table.data))


# ---- finalizers ----

finalizers = [None] * PLACES
called = []


def call(number):
    called.append(" C%d" % number)
    return 1


def make(number):
    finalizers[draw(PLACES)] = weakref.finalize(nodes[draw(PLACES)], call,
                                                number)
    return -1


def ask(finalizer):
    what = draw(5)
    if not finalizer:
        return -1
    if what == 0:
        return finalizer() or 0
    if what == 1:
        return id_of((finalizer.peek() or [None])[0])
    if what == 2:
        return id_of((finalizer.detach() or [None])[0])
    if what == 3:
        finalizer.atexit = bool(draw(2))
        return int(finalizer.atexit)
    return int(finalizer.alive)


def operate_finalizers(number):
    what = draw(100)
    if what < 35:
        return make(number)
    if what < 50:
        return replace(draw(PLACES)) or -1
    if what < 58:
        return knot(draw(PLACES)) or -1
    if what < 62:
        return gc.collect()
    return ask(finalizers[draw(PLACES)])


def line_of_finalizers(gave):
    line = "%d %d%s" % (gave, len(weakref.finalize._registry), "".join(called))
    called.clear()
    return line


out = []
for operation in range(operations):
    if kind == "finalizers":
        out.append(line_of_finalizers(operate_finalizers(operation)))
    else:
        out.append(line_of_map())
if kind == "finalizers":
    weakref.finalize._exitfunc()
    out.append(line_of_finalizers(-1))
print("\n".join(out))
