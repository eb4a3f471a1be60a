#!/usr/bin/python3
"""Prints the table of the guide: what its text prints, what the reference
says, and what the real interpreter does.

The rows are printed by the program that GUIDE_ROWS names: block, expression,
text, py313, py311 and a note, with tabs between. The expressions are asked
here. Exits with 77 when this is not CPython 3.11.
"""
import gc
import io
import os
import subprocess
import sys
import warnings
import weakref

if sys.version_info[:2] != (3, 11) or sys.implementation.name != "cpython":
    sys.exit(77)
warnings.simplefilter("ignore")  # of `is` with a literal


def class_A():
    """A new one: what its instances have depends on how many there were."""
    class A:
        def __init__(self):
            self.x, self.y, self.z = 0, 1, 2

    return A


def first_A():
    return class_A()()


class B:
    __slots__ = "x", "y", "z"

    def __init__(self):
        self.x, self.y, self.z = 0, 1, 2


def recursive_size(obj):
    size = sys.getsizeof(obj)
    if hasattr(obj, "__dict__"):
        size += sys.getsizeof(obj.__dict__)
        size += sum(recursive_size(v) for v in obj.__dict__.values())
    if hasattr(obj, "__slots__"):
        size += sum(recursive_size(getattr(obj, s)) for s in obj.__slots__)
    return size


def growth(make, put, count, to, unit, limit):
    table, out = make(), []
    first = before = sys.getsizeof(table)
    for i in range(limit):
        put(table, i)
        size = sys.getsizeof(table)
        if size != before:
            out.append(f"{count(table)}:{(size - first) // unit}")
        before = size
    return " ".join(out)


def growth_of_list():
    return growth(list, list.append, len, 300, 8, 300)


def growth_of_set():
    return growth(set, set.add, len, 6000, 16, 6000)


def growth_of_dict():
    return growth(dict, lambda d, i: d.__setitem__(i, ""), len, 6000, 1, 6000)


class MyObject:
    def __init__(self, number, out):
        self.number, self.out, self.other = number, out, None

    def __del__(self):
        self.out.append(f"deleted {self.number}")


def weak_reference():
    out = []
    thing = MyObject(1, out)
    weak = weakref.ref(thing)
    kind = type(thing.__weakref__)
    out.append(f"{kind.__module__}.{kind.__name__}")
    out.append(type(weak()).__name__)
    del thing
    return "; ".join(out + [str(weak())])


def debugged_cycle():
    """The log goes to the descriptor of standard error."""
    out = []
    a, b = MyObject(1, out), MyObject(2, out)
    gc.collect()
    a.other, b.other = b, a
    del a, b
    read, write = os.pipe()
    saved = os.dup(2)
    os.dup2(write, 2)
    gc.set_debug(gc.DEBUG_STATS | gc.DEBUG_UNCOLLECTABLE)
    gc.collect()
    gc.set_debug(0)
    os.dup2(saved, 2)
    os.close(write)
    with io.open(read) as log:
        done = [line for line in log if line.startswith("gc: done")]
    return "; ".join(out + [done[0].rsplit(",", 1)[0]])


def first_function():
    """What the guide's functions print, instead of what they return."""
    out = []

    def third():
        out.append("Inside third_function - dividing by zero")
        1 / 0
        out.append("This line will not be reached.")

    def second():
        out.append("Inside second_function")
        third()
        out.append("This line in second_function will not be reached.")

    out.append("Inside first_function")
    try:
        second()
    except ZeroDivisionError as e:
        out.append(f"Caught an error in first_function: {e}")
    out.append("first_function finished.")
    return "; ".join(out)


def reused_list():
    a = [1, 2]
    number = id(a)
    del a
    c = [1, 2]
    return id(c) == number


def interned_and_literal():
    s5 = sys.intern("".join(["another_", "string"]))
    return s5 is eval("'another_string'")


def new_thresholds():
    saved = gc.get_threshold()
    gc.set_threshold(1000, 5, 5)
    new = gc.get_threshold()
    gc.set_threshold(*saved)
    return new


def callbacks():
    out = []

    def callback(phase, info):
        if phase == "start":
            out.append(f"started for generation {info['generation']}")
        else:
            out.append(f"ended, uncollectable {info['uncollectable']}")

    gc.callbacks.append(callback)
    gc.collect()
    gc.callbacks.remove(callback)
    return "; ".join(out)


def cell(text, most):
    """Long ones are cut in the middle."""
    if len(text) <= most:
        return text
    return text[:most // 2 - 2] + " .. " + text[len(text) + 2 - most // 2:]


def show(rows):
    """A heading a block, a line a row."""
    most = [46, 18, 18, 18, 18]
    cells = [[cell(*pair) for pair in zip(row[1:], most)] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(5)]
    block = None
    for row, texts in zip(rows, cells):
        if row[0] and row[0] != block:
            block = row[0]
            print(block)
        print(("  " + "  ".join(c.ljust(w) for c, w in
                                zip(texts, widths))).rstrip())


def main():
    lines = subprocess.run([os.environ["GUIDE_ROWS"]], check=True, text=True,
                           stdout=subprocess.PIPE, timeout=60).stdout
    rows = [["", "asked", "text", "py313", "py311", "CPython 3.11"]]
    notes, wrong = [], 0
    for line in lines.splitlines():
        block, asked, text, new, old, why = line.split("\t")
        A = class_A()
        A()  # as the block does
        real = str(eval(asked, globals(), {"A": A}))
        if why and why not in notes:
            notes.append(why)
        if why:
            new += " (%d)" % (notes.index(why) + 1)
        elif old != real:
            wrong += 1
            old += " (!)"
        rows.append([block, asked, text, new, old, real])
    print("## guide")
    show(rows)
    for number, why in enumerate(notes, 1):
        print(f"({number}) {why}")
    return 1 if wrong else 0


sys.exit(main())
