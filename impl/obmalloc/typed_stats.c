/* typed_stats.c - what there is to count in the typed free lists. */
#include "typed_lists.h"

void typed_stats(const struct typed_lists *lists, struct typed_stats *ret)
{
    *ret = (struct typed_stats){ .young_count = lists->young_count };
    for (unsigned kind = 0; kind < TYPED_KINDS; kind++)
        ret->free[kind] = lists->list[kind].count;
    for (size_t i = 1; i <= TYPED_TUPLE_MAX; i++) {
        ret->free_tuples[i] = lists->tuple[i].count;
        ret->free[TYPED_TUPLE] += lists->tuple[i].count;
    }
    ret->blocks[TYPED_INT] = lists->ints.block_count;
    ret->blocks[TYPED_FLOAT] = lists->floats.block_count;
    ret->free[TYPED_INT] += lists->ints.free_count;
    ret->free[TYPED_FLOAT] += lists->floats.free_count;
}

/* As printone() of obmalloc.c: thousands are parted by commas. */
static void print_grouped(char *ret, size_t size, size_t value)
{
    char digits[32];
    size_t at = 0;
    int length = snprintf(digits, sizeof digits, "%zu", value);
    for (int i = 0; i < length && at + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            ret[at++] = ',';
        ret[at++] = digits[i];
    }
    ret[at] = '\0';
}

static void print_line(FILE *file, const char *name, size_t count, size_t bytes)
{
    char text[128], total[48];
    snprintf(text, sizeof text, "%zu free %ss * %zu bytes each", count, name,
             bytes);
    print_grouped(total, sizeof total, count * bytes);
    fprintf(file, "%48s =%21s\n", text, total);
}

static void print_tuples(const struct typed_lists *lists, FILE *file)
{
    for (size_t i = 1; i <= lists->edition->tuple_push_max; i++) {
        char name[48];
        const struct typed_rule *rule = typed_rule(lists, TYPED_TUPLE);
        snprintf(name, sizeof name, "%zu-sized %s", i, rule->name);
        print_line(file, name, lists->tuple[i].count,
                   rule->basic_bytes + i * rule->item_bytes);
    }
}

void typed_print_stats(const struct typed_lists *lists, FILE *file)
{
    struct typed_stats stats;
    typed_stats(lists, &stats);
    for (unsigned kind = 0; kind < TYPED_KINDS; kind++) {
        const struct typed_rule *rule = typed_rule(lists, kind);
        if (kind == TYPED_TUPLE)
            print_tuples(lists, file);
        else if (rule->name)
            print_line(file, rule->name, stats.free[kind],
                       rule->basic_bytes > 0 ? rule->basic_bytes
                                             : typed_bytes(lists, kind, 0));
    }
}
