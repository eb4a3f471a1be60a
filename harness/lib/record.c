/* record.c - the shared page that carries a measured process's result. */
#include "record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD_MAGIC = 0x41737379 };

/* FNV-1a: the seal defends against stray writes, not against malice. */
static uint64_t record_hash(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *byte = data;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3u;
    return hash;
}

/* Hash of everything but the atomics; never 0, which means unsealed. */
static uint64_t record_sum(const struct record *record)
{
    size_t from = offsetof(struct record, status);
    size_t until = offsetof(struct record, seal);
    uint64_t hash = 0xcbf29ce484222325u;

    hash = record_hash(hash, record, offsetof(struct record, live_bytes));
    hash = record_hash(hash, (const char *)record + from, until - from);
    return hash | 1;
}

void record_clear(struct record *record)
{
    memset(record, 0, sizeof(*record));
    record->magic = RECORD_MAGIC;
    record->version = RECORD_VERSION;
}

static struct record *record_map(int fd)
{
    void *page = mmap(NULL, sizeof(struct record), PROT_READ | PROT_WRITE,
                      MAP_SHARED, fd, 0);

    return page == MAP_FAILED ? NULL : page;
}

int record_create(struct record **ret_record, int *ret_fd)
{
    int fd = memfd_create("assay-record", MFD_CLOEXEC);
    struct record *record;

    if (fd < 0)
        return -errno;
    if (ftruncate(fd, sizeof(*record)) != 0 ||
        (record = record_map(fd)) == NULL) {
        int error = errno;

        close(fd);
        return -error;
    }
    record_clear(record);
    *ret_record = record;
    *ret_fd = fd;
    return 0;
}

void record_destroy(struct record *record, int fd)
{
    munmap(record, sizeof(*record));
    close(fd);
}

struct record *record_attach(void)
{
    struct stat file;
    struct record *record;

    if (fstat(RECORD_FD, &file) != 0 ||
        file.st_size != (off_t)sizeof(struct record))
        return NULL;
    record = record_map(RECORD_FD);
    close(RECORD_FD);
    if (record != NULL &&
        (record->magic != RECORD_MAGIC || record->version != RECORD_VERSION)) {
        munmap(record, sizeof(*record));
        record = NULL;
    }
    return record;
}

static struct record_figure *record_find(const struct record *record,
                                         const char *name)
{
    uint32_t count = record->figure_count;

    for (uint32_t i = 0; i < count && i < RECORD_FIGURES; i++)
        if (strncmp(record->figures[i].name, name,
                    sizeof(record->figures[i].name)) == 0)
            return (struct record_figure *)&record->figures[i];
    return NULL;
}

void record_set(struct record *record, const char *name, double value)
{
    struct record_figure *figure = record_find(record, name);

    if (figure == NULL) {
        /* Counted even without room, so that the seal refuses the record. */
        if (record->figure_count++ >= RECORD_FIGURES)
            return;
        figure = &record->figures[record->figure_count - 1];
        strncpy(figure->name, name, sizeof(figure->name) - 1);
    }
    figure->value = value;
}

double record_get(const struct record *record, const char *name,
                  double otherwise)
{
    const struct record_figure *figure = record_find(record, name);

    return figure == NULL ? otherwise : figure->value;
}

void record_finish(struct record *record, enum status status,
                   const char *format, ...)
{
    va_list arguments;

    record->status = (uint32_t)status;
    /* vsnprintf of plain words and integers allocates nothing in glibc. */
    va_start(arguments, format);
    vsnprintf(record->message, sizeof(record->message), format, arguments);
    va_end(arguments);
    atomic_store(&record->seal, record_sum(record));
}

bool record_is_sealed(const struct record *record)
{
    return record->figure_count <= RECORD_FIGURES &&
           atomic_load(&record->seal) == record_sum(record);
}
