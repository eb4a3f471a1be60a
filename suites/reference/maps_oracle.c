/* maps_oracle.c - maps with weak values or weak keys, and finalizers, against
 * the real module weakref: what each operation gives, what waits to be taken
 * out while someone iterates, and who is called in which order. (W9)
 *
 * Operations are drawn from a seed, here and in maps_oracle.py alike. */
#include "assay/weak_maps.h"
#include "gc_fixture.h"
#include "python_oracle.h"

#define PLACES     12
#define NESTED     3
#define UPDATED    3
#define OPERATIONS 4000
#define SEEDS      3
#define LINE       1024

static struct gc_fixture f;
static uint64_t state;
static struct object *node[PLACES], *number[PLACES];
static int next_id;

/* What one run works on. */
static bool from_keys;
static struct object *map;
static int iterating;
static struct object_type *put_in;
static struct object *haunt[PLACES]; /* weak references to nodes */
static struct finalizers *all;
static struct object *finalizer[PLACES];
static struct object_type *function;
static char called[LINE / 2];

static bool note_call(void *context, struct object *object,
                      struct object *argument)
{
    size_t used = strlen(called);
    (void)context, (void)argument;
    snprintf(called + used, sizeof called - used, " C%d", plain_id(object));
    return true;
}

/* Puts a pair in: which, its id says. */
static bool call_put_in(void *context, struct object *object,
                        struct object *weak)
{
    struct object *plain = number[plain_id(object) / PLACES];
    struct object *other = node[plain_id(object) % PLACES];
    (void)context, (void)weak;
    return from_keys ? weak_keys_set(map, other, plain)
                     : weak_values_set(map, plain, other);
}

static void begin(void)
{
    struct object_hooks hooks = { .call = note_call };
    struct object_hooks put_in_hooks = { .call = call_put_in };
    gc_fixture_begin(&f, NULL);
    for (int i = 0; i < PLACES; i++) {
        number[i] = plain_new(f.plain, i);
        node[i] = node_new(f.node, i);
    }
    next_id = PLACES;
    function = plain_type_new(f.gc, "function", &hooks);
    put_in = plain_type_new(f.gc, "put_in", &put_in_hooks);
}

static void end(void)
{
    for (int i = 0; i < PLACES; i++) {
        object_replace(&haunt[i], NULL);
        object_replace(&node[i], NULL);
        cr_expect(number[i]->references == 1);
        object_decref(number[i]);
    }
    gc_fixture_end(&f);
}

TestSuite(maps_oracle, .init = begin, .fini = end, .timeout = 120);

static unsigned draw(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % below);
}

static int id_of(const struct object *object)
{
    return !object ? -1 : node_is(object) ? node_id(object) : plain_id(object);
}

/* Drops a reference that was given, and says what it was to. */
static int id_of_given(struct object *object)
{
    int id = id_of(object);
    object_decref_any(object);
    return id;
}

/* The node that is there dies, if nothing else holds it. */
static int replace(unsigned place)
{
    object_replace(&node[place], node_new(f.node, next_id++));
    return -1;
}

static int knot(unsigned place)
{
    node_set_slot(node[place], 0, node[place]);
    return replace(place);
}

/* ---- maps ---- */

struct pair {
    struct object *key, *value;
};

static struct pair draw_pair(void)
{
    struct object *plain = number[draw(PLACES)], *weak = node[draw(PLACES)];
    return from_keys ? (struct pair){ weak, plain }
                     : (struct pair){ plain, weak };
}

static int put(void)
{
    struct pair p = draw_pair();
    cr_assert(
        (from_keys ? weak_keys_set : weak_values_set)(map, p.key, p.value));
    return -1;
}

/* When a node dies, a pair is put in, often under a key that goes. */
static int do_haunt(void)
{
    unsigned plain = draw(PLACES), other = draw(PLACES), place = draw(PLACES);
    struct object *callback = plain_new(put_in, (int)(plain * PLACES + other));
    struct object *weak = weak_ref(node[draw(PLACES)], callback);
    cr_assert(weak);
    object_decref(callback);
    object_replace(&haunt[place], weak);
    return -1;
}

static int take_out(void)
{
    struct object *key = draw_pair().key;
    return (from_keys ? weak_keys_delete : weak_values_delete)(map, key);
}

static int get(void)
{
    struct object *key = draw_pair().key;
    return id_of((from_keys ? weak_keys_get : weak_values_get)(map, key));
}

static int pop(void)
{
    struct object *key = draw_pair().key;
    return id_of_given((from_keys ? weak_keys_pop : weak_values_pop)(map, key));
}

static int set_default(void)
{
    struct pair p = draw_pair();
    return id_of((from_keys ? weak_keys_set_default
                            : weak_values_set_default)(map, p.key, p.value));
}

static int iterate(void)
{
    if (draw(2) && iterating < NESTED) {
        weak_map_iterate(map);
        iterating++;
    } else if (iterating > 0) {
        weak_map_iterate_end(map);
        iterating--;
    }
    return iterating;
}

static int size(void)
{
    return (int)(from_keys ? weak_keys_size : weak_values_size)(map);
}

static int update(void)
{
    struct object *dict = dict_new(f.gc);
    for (int i = 0; i < UPDATED; i++) {
        struct pair p = draw_pair();
        cr_assert(dict_set(dict, p.key, p.value));
    }
    cr_assert((from_keys ? weak_keys_update : weak_values_update)(map, dict));
    object_decref(dict);
    return -1;
}

static void add_number(char *line, int value)
{
    size_t used = strlen(line);
    snprintf(line + used, LINE - used, "%d", value);
}

static void add_pair(char *line, const char *before, int key, int value)
{
    size_t used = strlen(line);
    snprintf(line + used, LINE - used, "%s%d:%d", before, key, value);
}

static void pop_item(char *line)
{
    struct pair p;
    if (!(from_keys ? weak_keys_pop_item : weak_values_pop_item)(map, &p.key,
                                                                 &p.value)) {
        add_number(line, -1);
        return;
    }
    add_pair(line, "", id_of(p.key), id_of(p.value));
    object_decref(p.key);
    object_decref(p.value);
}

/* Of a map, the dead too. */
static void add_pairs(char *line, const struct object *of)
{
    struct object *key, *value, *data = weak_map_data(of);
    for (size_t place = 0; dict_next(data, &place, &key, &value);)
        add_pair(line, " ", id_of(from_keys ? weak_target(key) : key),
                 id_of(from_keys ? value : weak_target(value)));
}

static void copy(char *line)
{
    struct object *other = (from_keys ? weak_keys_copy : weak_values_copy)(map);
    cr_assert(other);
    strcat(line, "copy");
    add_pairs(line, other);
    object_decref(other);
}

static int operate_on_pairs(unsigned what)
{
    return what < 4    ? do_haunt()
           : what < 28 ? put()
           : what < 36 ? take_out()
           : what < 42 ? get()
           : what < 48 ? pop()
                       : set_default();
}

static int operate_on_all(unsigned what)
{
    return what < 76   ? replace(draw(PLACES))
           : what < 82 ? knot(draw(PLACES))
           : what < 86 ? (int)gc_collect(f.gc, GC_OLDEST)
           : what < 92 ? iterate()
           : what < 95 ? size()
                       : update();
}

static void operate_map(char *line)
{
    unsigned what = draw(100);
    if (what >= 98)
        copy(line);
    else if (what >= 48 && what < 52)
        pop_item(line);
    else
        add_number(line,
                   what < 60 ? operate_on_pairs(what) : operate_on_all(what));
}

static void line_of_map(char *line)
{
    operate_map(line);
    size_t used = strlen(line);
    snprintf(line + used, LINE - used, " %zu %zu",
             dict_size(weak_map_data(map)), weak_map_pending(map));
    add_pairs(line, map);
}

/* ---- finalizers ---- */

static int make(unsigned id)
{
    struct object *called_one = plain_new(function, (int)id);
    struct object *about = node[draw(PLACES)];
    unsigned place = draw(PLACES);
    struct object *made = finalizer_new(all, about, called_one, NULL);
    cr_assert(made);
    object_decref(called_one);
    object_replace(&finalizer[place], made);
    return -1;
}

static int set_for_exit(struct object *of)
{
    finalizer_set_for_exit(of, draw(2));
    return finalizer_is_for_exit(of);
}

static int ask(struct object *of)
{
    unsigned what = draw(5);
    if (!of)
        return -1;
    switch (what) {
    case 0:
        return finalizer_call(of);
    case 1:
        return id_of(finalizer_peek(of));
    case 2:
        return id_of_given(finalizer_detach(of));
    case 3:
        return set_for_exit(of);
    default:
        return finalizer_is_alive(of);
    }
}

static int operate_finalizers(unsigned operation)
{
    unsigned what = draw(100);
    return what < 35   ? make(operation)
           : what < 50 ? replace(draw(PLACES))
           : what < 58 ? knot(draw(PLACES))
           : what < 62 ? (int)gc_collect(f.gc, GC_OLDEST)
                       : ask(finalizer[draw(PLACES)]);
}

static void line_of_finalizers(char *line, int gave)
{
    snprintf(line, LINE, "%d %zu%s", gave, finalizers_count(all), called);
    called[0] = '\0';
}

/* ---- comparing ---- */

static FILE *ask_python(const char *kind, unsigned seed)
{
    char words[64];
    snprintf(words, sizeof words, "%s %u %u", kind, seed, OPERATIONS);
    state = seed;
    return python_ask(MAPS_ORACLE, words);
}

static void compare_map(const char *kind, unsigned seed)
{
    char line[LINE];
    FILE *answer = ask_python(kind, seed);
    from_keys = strcmp(kind, "keys") == 0;
    map = from_keys ? weak_keys_new(f.gc) : weak_values_new(f.gc);
    iterating = 0;
    for (unsigned i = 0; i < OPERATIONS; i++) {
        line[0] = '\0';
        line_of_map(line);
        python_expect_line(answer, i, line);
    }
    python_finish(answer);
    for (int i = 0; i < PLACES; i++)
        object_replace(&haunt[i], NULL);
    object_decref(map);
}

static void compare_finalizers(unsigned seed)
{
    char line[LINE];
    FILE *answer = ask_python("finalizers", seed);
    all = finalizers_new(f.gc);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        line_of_finalizers(line, operate_finalizers(i));
        python_expect_line(answer, i, line);
    }
    finalizers_exit(all);
    line_of_finalizers(line, -1);
    python_expect_line(answer, OPERATIONS, line);
    python_finish(answer);
    for (int i = 0; i < PLACES; i++)
        object_replace(&finalizer[i], NULL);
    finalizers_delete(all);
}

static void start_again(void)
{
    end();
    begin();
}

Test(maps_oracle, maps_to_weak_values_are_as_cpythons_after_every_operation)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++, start_again())
        compare_map("values", seed);
}

Test(maps_oracle, maps_from_weak_keys_are_as_cpythons_after_every_operation)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++, start_again())
        compare_map("keys", seed);
}

Test(maps_oracle, finalizers_are_called_when_and_as_cpythons)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++, start_again())
        compare_finalizers(seed);
}
