"""Makes and drops instances, strings, lists and dicts as a program does that
keeps a window of recent work: most die young, some live for a while."""

STEPS = 22000
WINDOW = 5000


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def moved(self, by):
        return Point(self.x + by, self.y - by)


class Order:
    def __init__(self, number):
        self.name = "order-%d" % number
        self.lines = [(number + i, "item %d" % (number * i % 89)) for i in range(4)]
        self.place = Point(number % 1013, number % 733).moved(number % 7)
        self.index = {text: at for at, (_, text) in enumerate(self.lines)}

    def total(self):
        words = " ".join(text for _, text in self.lines).split()
        return len(words) + sum(self.index.values()) + self.place.x


def main():
    window = [None] * WINDOW
    total = 0
    for step in range(STEPS):
        order = Order(step)
        total += order.total()
        window[step * 7919 % WINDOW] = order
    print(total, sum(order.total() for order in window if order))


main()
