/* cell.c - one side does one case once, and prints a JSON line: what it took,
 * and what it left. `run` makes blocks, ratios and tables of such lines. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "process_memory.h"
#include "random.h"
#include "shapes.h"

enum { EXIT_GOOD = 0, EXIT_USAGE = 2, EXIT_TOOL = 3 };

/* Objects that a cell deals with inside its clock, in so many rounds. */
#define LIVE_WORK  4000000u
#define DEAD_WORK  2000000u
#define PAIR_WORK  8000000u
#define ROUNDS_MIN 2u
#define ROUNDS_MAX 400u

/* Pairs of a brief cell. */
#define PAIRS_FEW 10000u

struct cell {
    const char *name;
    size_t objects;
    uint64_t seed;
    bool is_brief; /* what is done counts, not how long it takes */
    struct shape shape;

    uint64_t wall_ns, cpu_ns;
    uint64_t first_ns; /* of the pass before those that count; 0: none */
    uint64_t work;     /* objects, or pairs, inside the clock */
    uint64_t found;    /* what collections returned */
};

struct stopwatch {
    uint64_t wall_ns, cpu_ns;
};

void side_give_up(const char *why)
{
    fprintf(stderr, "collector-speed: %s: %s\n", side_name, why);
    exit(EXIT_TOOL);
}

static struct stopwatch watch_start(void)
{
    uint64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    return (struct stopwatch){ clock_wall_ns(), cpu_ns };
}

static void watch_stop(struct cell *cell, struct stopwatch since, size_t work)
{
    cell->wall_ns += clock_wall_ns() - since.wall_ns;
    cell->cpu_ns += clock_ns(CLOCK_PROCESS_CPUTIME_ID) - since.cpu_ns;
    cell->work += work;
}

static size_t rounds_of(const struct cell *cell, size_t work)
{
    size_t rounds = work / cell->objects;
    if (cell->is_brief || rounds < ROUNDS_MIN)
        return ROUNDS_MIN;
    return rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX;
}

/* ---- the cases ---- */

/* The first pass finds the list as it was built, and leaves it in the order
 * in which it was reached; the passes that count find it so. */
static void run_live(struct cell *cell, enum shape_kind kind)
{
    shape_make_nodes(&cell->shape);
    shape_link(&cell->shape, kind);
    shape_hold_first(&cell->shape, kind);
    uint64_t start_ns = clock_wall_ns();
    cell->found += side_collect();
    cell->first_ns = clock_wall_ns() - start_ns;
    for (size_t i = rounds_of(cell, LIVE_WORK); i > 0; i--) {
        struct stopwatch watch = watch_start();
        cell->found += side_collect();
        watch_stop(cell, watch, cell->objects);
    }
}

static void run_dead(struct cell *cell, enum shape_kind kind)
{
    for (size_t i = rounds_of(cell, DEAD_WORK); i > 0; i--) {
        shape_make_nodes(&cell->shape);
        shape_link(&cell->shape, kind);
        shape_anchor(&cell->shape, kind);
        shape_hold_first(&cell->shape, kind);
        shape_let_go(&cell->shape, kind);
        struct stopwatch watch = watch_start();
        cell->found += side_collect();
        watch_stop(cell, watch, cell->objects);
    }
}

static void run_drop(struct cell *cell, enum shape_kind kind)
{
    for (size_t i = rounds_of(cell, DEAD_WORK); i > 0; i--) {
        shape_make_nodes(&cell->shape);
        shape_link(&cell->shape, kind);
        shape_hold_first(&cell->shape, kind);
        struct stopwatch watch = watch_start();
        shape_let_go(&cell->shape, kind);
        watch_stop(cell, watch, cell->objects);
    }
}

/* A node is made, tracked and dropped while others live. */
static void run_pair(struct cell *cell, enum shape_kind kind)
{
    size_t pairs = cell->is_brief ? PAIRS_FEW : PAIR_WORK;
    (void)kind;
    shape_make_nodes(&cell->shape);
    side_set_automatic(true);
    struct stopwatch watch = watch_start();
    for (size_t i = 0; i < pairs; i++)
        side_drop(side_node(0));
    watch_stop(cell, watch, pairs);
}

/* Twice as many objects as the case says are built and all held, each with a
 * reference to the one before: automatic collection looks at them all along. */
static void run_build(struct cell *cell, enum shape_kind kind)
{
    size_t count = cell->objects;
    void **node = cell->shape.node;
    (void)kind;
    side_set_automatic(true);
    struct stopwatch watch = watch_start();
    for (size_t i = 0; i < count; i++) {
        node[i] = side_node((intptr_t)i);
        if (i > 0)
            side_set(node[i], 0, node[i - 1]);
    }
    watch_stop(cell, watch, count);
}

static const struct speed_case {
    const char *name;
    void (*run)(struct cell *cell, enum shape_kind kind);
    enum shape_kind kind;
    unsigned factor; /* nodes for each object that was asked for */
} cases[] = {
    { "live-list", run_live, SHAPE_LIST, 1 },
    { "live-ring", run_live, SHAPE_RING, 1 },
    { "live-random", run_live, SHAPE_RANDOM, 1 },
    { "live-tree", run_live, SHAPE_TREE, 1 },
    { "live-pairs", run_live, SHAPE_PAIRS, 1 },
    { "dead-list", run_dead, SHAPE_LIST, 1 },
    { "dead-ring", run_dead, SHAPE_RING, 1 },
    { "dead-random", run_dead, SHAPE_RANDOM, 1 },
    { "dead-tree", run_dead, SHAPE_TREE, 1 },
    { "dead-pairs", run_dead, SHAPE_PAIRS, 1 },
    { "pair", run_pair, SHAPE_LIST, 1 },
    { "build", run_build, SHAPE_LIST, 2 },
    { "drop-list", run_drop, SHAPE_LIST, 1 },
    { "drop-tree", run_drop, SHAPE_TREE, 1 },
};

enum { CASES = sizeof cases / sizeof cases[0] };

/* ---- one cell ---- */

static void print_state(const struct side_state *state)
{
    printf("\"live\": %" PRIu64 ", \"digest\": \"%016" PRIx64
           "\", \"counts\": [%d, %d, %d], \"collections\": [%" PRIu64
           ", %" PRIu64 ", %" PRIu64 "], \"collected\": %" PRIu64
           ", \"long_lived\": [%" PRIu64 ", %" PRIu64 "]",
           state->live, state->digest, state->count[0], state->count[1],
           state->count[2], state->collections[0], state->collections[1],
           state->collections[2], state->collected, state->pending,
           state->total);
}

static void print_cell(const struct cell *cell, uint64_t start_bytes)
{
    struct side_state state = { 0 };
    uint64_t peak_bytes = process_memory_bytes("VmHWM");
    side_set_automatic(false);
    side_state(&state);
    printf("{\"case\": \"%s\", \"side\": \"%s\", \"objects\": %zu, "
           "\"seed\": %" PRIu64 ", \"wall_ns\": %" PRIu64
           ", \"cpu_ns\": %" PRIu64 ", \"first_ns\": %" PRIu64
           ", \"work\": %" PRIu64 ", \"start_rss_bytes\": %" PRIu64
           ", \"peak_rss_bytes\": %" PRIu64 ", \"left\": {\"found\": %" PRIu64
           ", ",
           cell->name, side_name, cell->objects, cell->seed, cell->wall_ns,
           cell->cpu_ns, cell->first_ns, cell->work, start_bytes, peak_bytes,
           cell->found);
    print_state(&state);
    puts("}}");
}

/* Resident memory is read when the shape's pages are there, so that what is
 * added is that of the nodes. */
static void cell_run(struct cell *cell)
{
    for (size_t i = 0; i < CASES; i++) {
        size_t asked = cell->objects;
        if (strcmp(cell->name, cases[i].name) != 0)
            continue;
        cell->objects *= cases[i].factor;
        side_open();
        shape_open(&cell->shape, cell->objects, cell->seed);
        uint64_t start_bytes = process_memory_bytes("VmRSS");
        cases[i].run(cell, cases[i].kind);
        cell->objects = asked;
        print_cell(cell, start_bytes);
        exit(EXIT_GOOD);
    }
    fprintf(stderr, "collector-speed: there is no case '%s'\n", cell->name);
    exit(EXIT_USAGE);
}

/* ---- the command line ---- */

static void help(void)
{
    puts("Usage: assay-collector-speed-SIDE --case NAME [OPTION...]\n"
         "One side does one case in this process and prints a JSON line.\n\n"
         "  --case NAME    one of --list\n"
         "  --objects N    2 to 100000000, even (1000000)\n"
         "  --seed N       of the random graph (1)\n"
         "  --brief        few rounds: for what is left, not for times\n"
         "  --list         the cases, one a line\n"
         "  --help");
}

static void list(void)
{
    for (size_t i = 0; i < CASES; i++)
        puts(cases[i].name);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end || value < least || value > most) {
        fprintf(stderr,
                "collector-speed: '%s' is no number from %" PRIu64
                " to %" PRIu64 "\n",
                text, least, most);
        exit(EXIT_USAGE);
    }
    return value;
}

static void option_take(struct cell *cell, int option, const char *value)
{
    switch (option) {
    case 'c':
        cell->name = value;
        return;
    case 'n':
        cell->objects = number(value, 2, 100000000) & ~(size_t)1;
        return;
    case 's':
        cell->seed = number(value, 0, UINT64_MAX);
        return;
    case 'b':
        cell->is_brief = true;
        return;
    case 'l':
        list();
        exit(EXIT_GOOD);
    case 'h':
        help();
        exit(EXIT_GOOD);
    default:
        exit(EXIT_USAGE);
    }
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        { "case", required_argument, NULL, 'c' },
        { "objects", required_argument, NULL, 'n' },
        { "seed", required_argument, NULL, 's' },
        { "brief", no_argument, NULL, 'b' },
        { "list", no_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    struct cell cell = { .objects = 1000000, .seed = 1 };
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
        option_take(&cell, option, optarg);
    if (optind < argc || !cell.name) {
        fputs("collector-speed: give --case NAME; see --help\n", stderr);
        return EXIT_USAGE;
    }
    cell_run(&cell);
}
