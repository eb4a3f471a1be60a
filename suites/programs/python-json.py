"""Builds a document, writes it as JSON and reads it back, over and over."""
import json
import zlib

ROUNDS = 20
RECORDS = 1500


def record(number):
    return {
        "id": number,
        "name": "record %d" % number,
        "tags": ["tag-%d" % (number * step % 97) for step in range(1, 6)],
        "place": {"x": number / 7, "y": number * 3 % 1000, "on": number % 2 == 0},
        "note": "n" * (number * 31 % 300),
    }


def main():
    document = [record(number) for number in range(RECORDS)]
    digest = 0
    for _ in range(ROUNDS):
        text = json.dumps(document)
        digest = zlib.crc32(text.encode(), digest)
        document = json.loads(text)
    print(len(text), digest, document[-1]["name"])


main()
