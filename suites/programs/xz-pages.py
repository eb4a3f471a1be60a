"""Writes text that compresses about as well as text does."""

LINES = 90000
WORDS = ("arena", "pool", "class", "list", "block", "page", "heap", "free")

for number in range(LINES):
    draw = number * 2654435761 % 4294967296
    print(number, *(WORDS[draw >> shift & 7] for shift in range(0, 24, 3)))
