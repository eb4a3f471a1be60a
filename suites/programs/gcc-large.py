"""Writes one large C file: the same file on every machine and at every time."""

FUNCTIONS = 40

BODY = """
static int work_{n}(struct item *items, int count)
{{
    int sum = {a};
    for (int i = 0; i < count; i++) {{
        struct item *item = &items[(i * {b} + {n}) % count];
        switch ((item->kind + i) % 5) {{
        case 0: sum += item->weight * {c}; break;
        case 1: sum ^= item->weight << ({n} % 7); break;
        case 2: item->weight = sum % {b}; break;
        case 3: sum -= item->kind{call}; break;
        default: item->kind += sum & 3; break;
        }}
        if (sum > {a} * 1000)
            sum /= {b};
    }}
    return sum;
}}
"""


def function(n):
    call = " + work_%d(items, i %% 3)" % (n - 1) if n % 4 else ""
    return BODY.format(n=n, a=n * 37 % 101, b=n * 7 % 13 + 2, c=n % 9 + 1,
                       call=call)


def main():
    print("struct item { int kind; int weight; };")
    for n in range(FUNCTIONS):
        print(function(n))
    print("int run(struct item *items, int count)\n{\n    int sum = 0;")
    for n in range(FUNCTIONS):
        print("    sum += work_%d(items, count);" % n)
    print("    return sum;\n}")


main()
