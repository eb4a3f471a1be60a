/* debug_script.c - prints the bytes of dressed blocks through their lives, or
 * with the name of a misuse commits it.
 *
 * Nothing printed depends on an address, so two runs against two
 * implementations of the same layer print the same. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "debug_script.h"

enum { HEAD = 16, TAIL = 8, LINK = 8 };

static const size_t sizes[] = { 0,   1,   7,   13,  16,   63,  64,  65,
                                100, 127, 128, 129, 150,  192, 193, 300,
                                400, 488, 489, 600, 1000, 5000 };

enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void print(const char *what, char domain, const uint8_t *data, long from,
                  long to)
{
    printf("%s %c", what, domain);
    for (long i = from; i < to; i++)
        printf(" %02x", data[i]);
    putchar('\n');
}

static void print_block(const char *what, char domain, const uint8_t *data,
                        size_t bytes)
{
    print(what, domain, data, -HEAD, (long)bytes + TAIL);
}

static uint8_t *filled(char domain, size_t bytes)
{
    uint8_t *data = script_malloc(domain, bytes);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)(i * 7 + 1);
    return data;
}

/* What is freed to a pool stays readable but for the link at its start. */
static bool in_pool(char domain, size_t bytes)
{
    return domain != 'r' && bytes + HEAD + TAIL <= 512;
}

static void live(char domain, size_t bytes)
{
    uint8_t *data = script_malloc(domain, bytes);
    print_block("malloc", domain, data, bytes);
    script_free(domain, data);
    if (in_pool(domain, bytes))
        print("freed", domain, data, LINK - HEAD, (long)bytes + TAIL);
    data = script_calloc(domain, bytes, 1);
    print_block("calloc", domain, data, bytes);
    script_free(domain, data);
}

static void resize(char domain, size_t bytes, size_t wanted)
{
    uint8_t *data = filled(domain, bytes);
    uint8_t *moved = script_realloc(domain, data, wanted);
    print_block("realloc", domain, moved, wanted);
    if (moved != data && in_pool(domain, bytes))
        print("left", domain, data, LINK - HEAD, (long)bytes + TAIL);
    script_free(domain, moved);
}

static void refuse(char domain)
{
    uint8_t *data = filled(domain, 200);
    uint8_t *none = script_realloc(domain, data, PTRDIFF_MAX - HEAD);
    printf("too large %d %d\n", none != NULL,
           script_malloc(domain, PTRDIFF_MAX - HEAD) != NULL);
    print_block("kept", domain, data, 200);
    script_free(domain, data);
    data = script_realloc(domain, NULL, 9);
    print_block("realloc of NULL", domain, data, 9);
    script_free(domain, data);
    script_free(domain, NULL);
}

static void lives(void)
{
    for (const char *domain = "rmo"; *domain; domain++) {
        for (unsigned i = 0; i < SIZES; i++)
            live(*domain, sizes[i]);
        for (unsigned i = 0; i < SIZES; i++)
            for (unsigned j = 0; j < SIZES; j++)
                resize(*domain, sizes[i], sizes[j]);
        refuse(*domain);
    }
}

static void misuse(const char *what)
{
    uint8_t *data = filled('o', 13);
    if (strcmp(what, "overflow") == 0)
        data[13 + 7] = 0;
    else if (strcmp(what, "underflow") == 0)
        data[-1] = 0;
    else if (strcmp(what, "underflow far") == 0)
        data[-7] = 0;
    else if (strcmp(what, "id") == 0)
        data[-8] = 'x';
    else if (strcmp(what, "freed") == 0)
        script_free('o', data);
    else if (strcmp(what, "lock") == 0)
        script_drop_lock();

    if (strcmp(what, "api") == 0)
        script_free('m', data);
    else if (strcmp(what, "api of raw") == 0)
        script_realloc('r', data, 20);
    else
        script_free('o', data);
}

int main(int argc, char **argv)
{
    script_open();
    if (argc > 1)
        misuse(argv[1]);
    else
        lives();
    return 0;
}
