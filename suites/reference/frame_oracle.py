#!/usr/bin/python3
"""What CPython does with try, except, else and finally, and with recursion.

Usage: frame_oracle.py

Prints a line for each way through a try statement: the parts that ran, what
was being handled in the last one, what came out of it with its contexts, and
the entries of its traceback; then how deep a function may call itself, and
the lowest limits of recursion that are taken with some frames on the stack.
Exits with 77 when this is not CPython 3.11.
"""
import sys

if sys.version_info[:2] != (3, 11) or sys.implementation.name != "cpython":
    sys.exit(77)


def name(exception):
    return type(exception).__name__ if exception else "-"


def entries(exception):
    count, at = 0, exception.__traceback__
    while at:
        count, at = count + 1, at.tb_next
    return count


def chain(exception):
    out = []
    while exception:
        out.append(f"{name(exception)}.{entries(exception)}")
        exception = exception.__context__
    return " < ".join(out) or "-"


def throw(kind):
    raise kind("x")


def way(body, matches, handler, otherwise, last):
    parts = []

    def run():
        try:
            parts.append("body")
            if body:
                throw(ZeroDivisionError)
        except (ArithmeticError if matches else ValueError):
            parts.append("except")
            if handler == 1:
                throw(ValueError)
            if handler == 2:
                raise
        else:
            parts.append("else")
            if otherwise:
                throw(ZeroDivisionError)
        finally:
            parts.append("finally(" + name(sys.exc_info()[1]) + ")")
            if last:
                throw(RuntimeError)
        parts.append("after(" + name(sys.exc_info()[1]) + ")")

    caught = None
    try:
        run()
    except Exception as e:
        caught = e
    print(body, matches, handler, otherwise, last, *parts, chain(caught))


for number in range(48):
    way(number & 1, number >> 1 & 1, number // 16, number >> 2 & 1,
        number >> 3 & 1)

deepest = 0


def deeper(depth):
    global deepest
    deepest = depth
    deeper(depth + 1)


try:
    deeper(1)
except RecursionError as e:
    print("recursion", deepest, entries(e), e)


def lowest_limit():
    for limit in range(1, 1000):
        try:
            sys.setrecursionlimit(limit)
        except RecursionError:
            continue
        sys.setrecursionlimit(1000)
        return limit


def limit_below(frames):
    """With this many frames on the stack, those of the module, the loop below
    and lowest_limit() among them; less the call of setrecursionlimit."""
    return limit_below(frames - 1) if frames > 4 else lowest_limit() - 1


print("limits", *(limit_below(frames) for frames in (4, 5, 20)))
