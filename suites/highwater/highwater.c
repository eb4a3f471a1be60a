/* highwater.c - the experiment in the reference: many objects are made, dropped
 * and collected, and the resident memory is read at each step.
 *
 * Source: the script of "Releasing memory in Python" and the question of the
 * Python FAQ, "Why doesn't Python release the memory when I delete a large
 * object?". Objects are what an edition makes of them: blocks of the type's
 * size, through its free list. The list that holds them grows as CPython's
 * does, and drops its items from the last to the first. In classic editions
 * range() is a list of integers, made before the objects, and dropped when
 * they are done. */
#include <assay/memory.h>
#include <assay/typed.h>
#include <getopt.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "process_memory.h"

enum { EXIT_GOOD = 0, EXIT_USAGE = 2, EXIT_TOOL = 3 };
enum { STEPS = 5 };

static const char *const kinds[] = { "str",  "int",   "float",
                                     "list", "tuple", NULL };
static const char *const keeps[] = { "nothing", "thousandth", "last-percent",
                                     NULL };
static const char *const releases[] = { "as-edition", "never", NULL };

enum { KEEP_NOTHING, KEEP_THOUSANDTH, KEEP_LAST_PERCENT };

struct options {
    const struct edition *edition;
    const char *kind;
    const char *keep;
    const char *release;
    size_t every; /* instead of `keep`: one object in so many */
    size_t count;
};

struct experiment {
    const struct options *options;
    struct obheap *heap;
    struct memory_allocator objects;
    struct typed_lists *types;
};

_Noreturn static void highwater_end(int status, const char *what)
{
    fprintf(stderr, "assay-highwater: %s\nTry 'assay-highwater --help'.\n",
            what);
    exit(status);
}

/* ---- a list of pointers, as list_resize() of 3.9 and later grows it ---- */

struct pointers {
    void **item;
    size_t count;
    size_t room;
};

static size_t pointers_room(size_t count)
{
    return (count + (count >> 3) + 6) & ~(size_t)3;
}

static void pointers_append(struct experiment *e, struct pointers *list,
                            void *item)
{
    if (list->count == list->room) {
        size_t room = pointers_room(list->count + 1);
        void **grown = e->objects.realloc(e->objects.context, list->item,
                                          room * sizeof *grown);
        if (!grown)
            highwater_end(EXIT_TOOL, "no memory for the list");
        list->item = grown;
        list->room = room;
    }
    list->item[list->count++] = item;
}

static void pointers_free(struct experiment *e, struct pointers *list)
{
    e->objects.free(e->objects.context, list->item);
    *list = (struct pointers){ 0 };
}

/* ---- objects ---- */

static bool kind_is_typed(const char *kind)
{
    return strcmp(kind, "str") != 0;
}

static enum typed_kind kind_type(const char *kind)
{
    if (strcmp(kind, "float") == 0)
        return TYPED_FLOAT;
    if (strcmp(kind, "list") == 0)
        return TYPED_LIST;
    return strcmp(kind, "tuple") == 0 ? TYPED_TUPLE : TYPED_INT;
}

/* One item each, for what holds items; integers of one digit. */
static void *object_new(struct experiment *e, const char *kind)
{
    enum typed_kind type = kind_type(kind);
    void *object = typed_alloc(e->types, type, 1);

    if (!object)
        highwater_end(EXIT_TOOL, "no memory for an object");
    return object;
}

static void object_drop(struct experiment *e, const char *kind, void *object)
{
    if (object && kind_is_typed(kind))
        typed_free(e->types, kind_type(kind), object);
}

static bool object_is_kept(const struct options *options, size_t at)
{
    if (options->every)
        return at % options->every == 0;
    if (strcmp(options->keep, keeps[KEEP_THOUSANDTH]) == 0)
        return at % 1000 == 0;
    return strcmp(options->keep, keeps[KEEP_LAST_PERCENT]) == 0 &&
           at >= options->count - options->count / 100;
}

/* ---- the steps ---- */

static bool range_is_a_list(const struct options *options)
{
    return options->edition->mem_is_raw;
}

/* [make(x) for x in range(count)] */
static struct pointers step_make(struct experiment *e)
{
    static char abc;
    const struct options *options = e->options;
    bool numbers = strcmp(options->kind, "int") == 0;
    struct pointers range = { 0 }, list = { 0 };

    for (size_t i = 0; range_is_a_list(options) && i < options->count; i++)
        pointers_append(e, &range, object_new(e, "int"));
    for (size_t i = 0; i < options->count; i++)
        pointers_append(e, &list,
                        numbers && range.item ? range.item[i]
                        : kind_is_typed(options->kind)
                            ? object_new(e, options->kind)
                            : &abc);
    for (size_t i = range.count; !numbers && i-- > 0;)
        object_drop(e, "int", range.item[i]);
    if (range.item)
        pointers_free(e, &range);
    return list;
}

/* What is kept moves to a list of its own first. */
static size_t step_drop(struct experiment *e, struct pointers *list)
{
    struct pointers kept = { 0 };

    for (size_t i = 0; i < list->count; i++)
        if (object_is_kept(e->options, i)) {
            pointers_append(e, &kept, list->item[i]);
            list->item[i] = NULL;
        }
    for (size_t i = list->count; i-- > 0;)
        object_drop(e, e->options->kind, list->item[i]);
    pointers_free(e, list);
    return kept.count; /* and they stay until the process ends */
}

static void experiment_open(struct experiment *e, const struct options *options)
{
    struct obheap_config config = {
        .edition = options->edition,
        .release = strcmp(options->release, "never") == 0
                       ? ARENA_RELEASE_NEVER
                       : ARENA_RELEASE_AS_EDITION,
    };

    e->options = options;
    e->heap = obheap_create(&config);
    if (!e->heap)
        highwater_end(EXIT_TOOL, "no memory for a heap");
    e->objects = obheap_allocator(e->heap);
    e->types =
        typed_create(options->edition->name, &e->objects, &memory_system);
    if (!e->types)
        highwater_end(EXIT_TOOL, "no memory for free lists");
}

static void experiment_print(struct experiment *e, const uint64_t *rss_bytes,
                             size_t kept)
{
    const struct options *options = e->options;
    struct obheap_stats stats;
    json_t *rss = json_array(), *line;

    obheap_stats(e->heap, &stats);
    for (int i = 0; i < STEPS; i++)
        json_array_append_new(rss, json_integer((json_int_t)rss_bytes[i]));
    line = json_pack(
        "{ss ss si ss ss so si sI sI sI}", "edition", options->edition->name,
        "kind", options->kind, "count", (int)options->count, "keep",
        options->every ? "every" : options->keep, "release", options->release,
        "rss_bytes", rss, "kept", (int)kept, "arena_bytes_peak",
        (json_int_t)(stats.arenas_peak * options->edition->arena_bytes),
        "arena_bytes", (json_int_t)stats.arena_bytes_now, "used_bytes",
        (json_int_t)stats.used_bytes);
    if (options->every)
        json_object_set_new(line, "every",
                            json_integer((json_int_t)options->every));
    json_dumpf(line, stdout, JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(line);
}

static void experiment_run(const struct options *options)
{
    struct experiment e;
    uint64_t rss[STEPS];
    struct pointers list;
    size_t kept;

    experiment_open(&e, options);
    typed_collect(e.types, 2);
    rss[0] = process_memory_bytes("VmRSS");
    list = step_make(&e);
    rss[1] = process_memory_bytes("VmRSS");
    kept = step_drop(&e, &list);
    rss[2] = process_memory_bytes("VmRSS");
    typed_collect(e.types, 2);
    rss[3] = process_memory_bytes("VmRSS");
    malloc_trim(0);
    rss[4] = process_memory_bytes("VmRSS");
    experiment_print(&e, rss, kept);
}

/* ---- the command line ---- */

static void highwater_help(void)
{
    puts("Usage: assay-highwater [OPTION...]\n"
         "Makes objects, drops them and collects; prints one JSON line with "
         "the resident\nbytes at the start and after each step (made, dropped, "
         "collected, malloc_trim).\n\n"
         "  --edition NAME   classic-256 classic-512 py38 py311 py313\n"
         "  --kind NAME      str int float list tuple: what is made\n"
         "  --count N        how many (10000000)\n"
         "  --keep WHAT      nothing, thousandth, last-percent\n"
         "  --every N        keeps one object in N instead\n"
         "  --release WHEN   as-edition, or never: empty arenas stay\n"
         "  --help\n\n"
         "The raw layer is the process's malloc: preload another to compare.");
}

static const char *option_of(const char *const *names, const char *given)
{
    for (; *names; names++)
        if (strcmp(*names, given) == 0)
            return *names;
    highwater_end(EXIT_USAGE, "an option has a value that is not in its list");
}

static size_t option_number(const char *given)
{
    char *end;
    unsigned long long value = strtoull(given, &end, 10);

    if (*end || end == given || value == 0 || value > 1000000000)
        highwater_end(EXIT_USAGE, "a number must lie between 1 and 10^9");
    return (size_t)value;
}

static void option_take(struct options *options, int option, const char *value)
{
    switch (option) {
    case 'e':
        options->edition = edition_find(value);
        if (!options->edition)
            highwater_end(EXIT_USAGE, "there is no such edition");
        break;
    case 'k':
        options->kind = option_of(kinds, value);
        break;
    case 'p':
        options->keep = option_of(keeps, value);
        break;
    case 'r':
        options->release = option_of(releases, value);
        break;
    case 'n':
        options->count = option_number(value);
        break;
    case 'v':
        options->every = option_number(value);
        break;
    case 'h':
        highwater_help();
        exit(EXIT_GOOD);
    default:
        highwater_end(EXIT_USAGE, "wrong usage");
    }
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        { "edition", required_argument, NULL, 'e' },
        { "kind", required_argument, NULL, 'k' },
        { "keep", required_argument, NULL, 'p' },
        { "release", required_argument, NULL, 'r' },
        { "count", required_argument, NULL, 'n' },
        { "every", required_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    struct options options = { edition_find("py311"), kinds[0], keeps[0],
                               releases[0],           0,        10000000 };
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
        option_take(&options, option, optarg);
    if (optind < argc)
        highwater_end(EXIT_USAGE, "what is left is no option");
    experiment_run(&options);
    return EXIT_GOOD;
}
