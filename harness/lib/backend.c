/* backend.c - the counting backend, a piece at a time.
 *
 *   |  ..  struct backend_piece | red zone | bytes ... | red zone |
 *   `memory (aligned twice)                `start (aligned, and not twice) */
#include "backend.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RED_ZONE = 64, RED_BYTE = 0xFD };

struct backend_piece {
    struct backend_piece *next;
    struct backend_piece *prev;
    struct backend_piece *chain; /* of those in the same place of the table */
    void *memory;
    unsigned char *start;
    size_t bytes;
};

static void backend_note(struct counting_backend *backend, const char *what,
                         const void *where, size_t found, size_t expected)
{
    if (backend->misuse[0] == '\0')
        snprintf(backend->misuse, sizeof backend->misuse,
                 "%s: %p, %zu, expected %zu", what, where, found, expected);
}

static const unsigned char *backend_overwritten(const unsigned char *zone)
{
    for (size_t i = 0; i < RED_ZONE; i++)
        if (zone[i] != RED_BYTE)
            return zone + i;
    return NULL;
}

static void backend_check_zones(struct counting_backend *backend,
                                const struct backend_piece *piece)
{
    const unsigned char *before = piece->start - RED_ZONE;
    const unsigned char *behind = piece->start + piece->bytes;
    const unsigned char *bad = backend_overwritten(before);

    if (bad)
        backend_note(backend, "written before the start of a piece", bad, *bad,
                     RED_BYTE);
    bad = backend_overwritten(behind);
    if (bad)
        backend_note(backend, "written beyond the end of a piece", bad, *bad,
                     RED_BYTE);
}

/* The first odd multiple of `unit` that has the head before it. */
static size_t backend_front(size_t unit)
{
    size_t head = sizeof(struct backend_piece) + RED_ZONE;
    size_t times = (head + unit - 1) / unit;

    return (times | 1) * unit;
}

/* Who takes a piece for better aligned than it asked for is wrong at once. */
static struct backend_piece *backend_piece_new(size_t bytes, size_t align)
{
    size_t unit = align < _Alignof(max_align_t) ? _Alignof(max_align_t) : align;

    if (unit > PTRDIFF_MAX / 8 || bytes > PTRDIFF_MAX - 8 * unit - 512)
        return NULL;
    size_t front = backend_front(unit), head = sizeof(struct backend_piece);
    size_t whole =
        (front + bytes + RED_ZONE + 2 * unit - 1) / (2 * unit) * (2 * unit);
    unsigned char *memory = aligned_alloc(2 * unit, whole);
    if (!memory)
        return NULL;
    unsigned char *start = memory + front;
    void *place = start - RED_ZONE - head;
    struct backend_piece *piece = place;
    *piece = (struct backend_piece){ NULL, NULL, NULL, memory, start, bytes };
    memset(start - RED_ZONE, RED_BYTE, RED_ZONE);
    memset(start, BACKEND_TAKEN_BYTE, bytes);
    memset(start + bytes, RED_BYTE, RED_ZONE);
    return piece;
}

static struct backend_piece **backend_place(
    const struct counting_backend *backend, const void *start)
{
    size_t hash = (uintptr_t)start / 16 * 0x9e3779b97f4a7c15u >> 20;

    return &backend->table[hash & (backend->table_size - 1)];
}

static void backend_index(const struct counting_backend *backend,
                          struct backend_piece *piece)
{
    struct backend_piece **place = backend_place(backend, piece->start);

    piece->chain = *place;
    *place = piece;
}

/* Pieces are found by address: collectors take one for each object. */
static void backend_grow(struct counting_backend *backend)
{
    size_t size = backend->table_size > 0 ? backend->table_size * 4 : 256;
    struct backend_piece **table = calloc(size, sizeof *table);

    if (!table)
        abort();
    free(backend->table);
    backend->table = table;
    backend->table_size = size;
    for (struct backend_piece *p = backend->pieces; p; p = p->next)
        backend_index(backend, p);
}

static void backend_link(struct counting_backend *backend,
                         struct backend_piece *piece)
{
    piece->next = backend->pieces;
    if (piece->next)
        piece->next->prev = piece;
    backend->pieces = piece;
    if (backend->outstanding_pieces++ >= backend->table_size)
        backend_grow(backend);
    else
        backend_index(backend, piece);
    backend->outstanding_bytes += piece->bytes;
    if (backend->peak_bytes < backend->outstanding_bytes)
        backend->peak_bytes = backend->outstanding_bytes;
}

static void backend_unlink(struct counting_backend *backend,
                           struct backend_piece *piece)
{
    struct backend_piece **at = backend_place(backend, piece->start);

    while (*at != piece)
        at = &(*at)->chain;
    *at = piece->chain;
    if (piece->prev)
        piece->prev->next = piece->next;
    else
        backend->pieces = piece->next;
    if (piece->next)
        piece->next->prev = piece->prev;
    backend->outstanding_pieces--;
    backend->outstanding_bytes -= piece->bytes;
}

static bool backend_refuses(struct counting_backend *backend)
{
    size_t number = backend->takes++;

    if (number < backend->refuse_from || number >= backend->refuse_until)
        return false;
    backend->refusals++;
    return true;
}

static void *backend_take(void *context, size_t bytes, size_t align)
{
    struct counting_backend *backend = context;
    struct backend_piece *piece = NULL;

    pthread_mutex_lock(&backend->lock);
    if (align == 0 || (align & (align - 1)) != 0)
        backend_note(backend, "alignment is no power of two", NULL, align, 1);
    else if (!backend_refuses(backend))
        piece = backend_piece_new(bytes, align);
    if (piece)
        backend_link(backend, piece);
    pthread_mutex_unlock(&backend->lock);
    return piece ? piece->start : NULL;
}

static struct backend_piece *backend_find(struct counting_backend *backend,
                                          const void *start)
{
    struct backend_piece *piece =
        backend->table_size > 0 ? *backend_place(backend, start) : NULL;

    while (piece && piece->start != start)
        piece = piece->chain;
    return piece;
}

static void backend_give(void *context, void *start, size_t bytes)
{
    struct counting_backend *backend = context;

    pthread_mutex_lock(&backend->lock);
    struct backend_piece *piece = backend_find(backend, start);
    if (!piece) {
        backend_note(backend, "given but not taken", start, bytes, 0);
    } else {
        if (piece->bytes != bytes)
            backend_note(backend, "given with another size", start, bytes,
                         piece->bytes);
        backend_check_zones(backend, piece);
        backend_unlink(backend, piece);
        memset(piece->start, BACKEND_GIVEN_BYTE, piece->bytes);
        free(piece->memory);
    }
    pthread_mutex_unlock(&backend->lock);
}

void counting_backend_init(struct counting_backend *backend)
{
    memset(backend, 0, sizeof *backend);
    pthread_mutex_init(&backend->lock, NULL);
    backend->backend =
        (struct assay_backend){ backend, backend_take, backend_give };
}

void counting_backend_destroy(struct counting_backend *backend)
{
    struct backend_piece *piece = backend->pieces;

    while (piece) {
        struct backend_piece *next = piece->next;

        free(piece->memory);
        piece = next;
    }
    backend->pieces = NULL;
    free(backend->table);
    backend->table = NULL;
    pthread_mutex_destroy(&backend->lock);
}

void counting_backend_refuse(struct counting_backend *backend, size_t after,
                             size_t count)
{
    pthread_mutex_lock(&backend->lock);
    backend->refuse_from = backend->takes + after;
    backend->refuse_until = count > SIZE_MAX - backend->refuse_from
                                ? SIZE_MAX
                                : backend->refuse_from + count;
    pthread_mutex_unlock(&backend->lock);
}

bool counting_backend_holds(struct counting_backend *backend, const void *start,
                            size_t bytes)
{
    bool holds = false;

    pthread_mutex_lock(&backend->lock);
    for (struct backend_piece *p = backend->pieces; p && !holds; p = p->next) {
        uintptr_t offset = (uintptr_t)start - (uintptr_t)p->start;

        holds = offset <= p->bytes && bytes <= p->bytes - offset;
    }
    pthread_mutex_unlock(&backend->lock);
    return holds;
}

const char *counting_backend_misuse(struct counting_backend *backend)
{
    pthread_mutex_lock(&backend->lock);
    for (struct backend_piece *p = backend->pieces; p; p = p->next)
        backend_check_zones(backend, p);
    pthread_mutex_unlock(&backend->lock);
    return backend->misuse[0] ? backend->misuse : NULL;
}
