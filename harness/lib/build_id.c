/* build_id.c - walks the loaded objects and their notes. */
#include "build_id.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct build_id_search {
    uintptr_t address;
    char *text;
    size_t room;
};

static bool build_id_covers(const struct dl_phdr_info *object,
                            uintptr_t address)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];

        if (part->p_type == PT_LOAD &&
            address - (object->dlpi_addr + part->p_vaddr) < part->p_memsz)
            return true;
    }
    return false;
}

static void build_id_write(const struct build_id_search *search,
                           const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count && 2 * i + 2 < search->room; i++)
        snprintf(search->text + 2 * i, 3, "%02x", bytes[i]);
}

/* Notes follow one another, name and content each padded to four bytes. */
static void build_id_scan(const struct build_id_search *search,
                          const char *notes, size_t size)
{
    size_t at = 0;

    while (size - at >= sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *note = (const void *)(notes + at);
        const char *name = notes + at + sizeof(*note);
        size_t name_size = (note->n_namesz + 3u) & ~3u;
        size_t whole =
            sizeof(*note) + name_size + ((note->n_descsz + 3u) & ~3u);

        if (whole > size - at)
            return;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
            memcmp(name, "GNU", 4) == 0)
            build_id_write(search, (const unsigned char *)name + name_size,
                           note->n_descsz);
        at += whole;
    }
}

static int build_id_visit(struct dl_phdr_info *object, size_t size, void *given)
{
    const struct build_id_search *search = given;

    (void)size;
    if (!build_id_covers(object, search->address))
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];

        if (part->p_type == PT_NOTE)
            build_id_scan(search,
                          (const char *)object->dlpi_addr + part->p_vaddr,
                          part->p_memsz);
    }
    return 1;
}

void build_id_of(const void *address, char *ret_text, size_t room)
{
    struct build_id_search search = { (uintptr_t)address, ret_text, room };

    ret_text[0] = '\0';
    dl_iterate_phdr(build_id_visit, &search);
}
