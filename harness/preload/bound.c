/* bound.c - reads the jump slots of the library it is linked into. It must be
 * linked with -z now: a lazy slot holds nothing of interest. */
#include "bound.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if __SIZEOF_POINTER__ == 8
#define RELOCATION_SYMBOL(info) ELF64_R_SYM(info)
#else
#error "only 64-bit ELF, where jump slots are relocated by RELA, is read here"
#endif

extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

/* Makes the linker give this library a slot for each; nobody calls it.
 * NOLINTBEGIN(clang-analyzer-unix.Malloc) */
__attribute__((used, noinline)) static void *bound_slots_wanted(void *block)
{
    free(block);
    return realloc(calloc(1, (size_t)block), (size_t)malloc(1));
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */

/* Loaders differ in whether they relocate the section in place. */
static uintptr_t bound_entry(ElfW(Sxword) tag, uintptr_t base)
{
    for (const ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag) {
            uintptr_t value = entry->d_un.d_ptr;
            return tag != DT_PLTRELSZ && value < base ? value + base : value;
        }
    return 0;
}

static void *bound_slot(const char *function, uintptr_t base)
{
    const ElfW(Rela) *slot = (void *)bound_entry(DT_JMPREL, base);
    const ElfW(Sym) *symbols = (void *)bound_entry(DT_SYMTAB, base);
    const char *names = (void *)bound_entry(DT_STRTAB, base);
    size_t count = bound_entry(DT_PLTRELSZ, base) / sizeof(*slot);
    if (symbols == NULL || names == NULL)
        return NULL;
    for (; slot != NULL && count > 0; slot++, count--) {
        const ElfW(Sym) *symbol = &symbols[RELOCATION_SYMBOL(slot->r_info)];
        if (strcmp(names + symbol->st_name, function) == 0)
            return *(void **)(base + slot->r_offset);
    }
    return NULL;
}

void *bound_address(const char *function)
{
    Dl_info here;
    void *address = NULL;
    if (dladdr(_DYNAMIC, &here) != 0)
        address = bound_slot(function, (uintptr_t)here.dli_fbase);
    return address != NULL ? address : dlsym(RTLD_DEFAULT, function);
}

const char *bound_object(void *address)
{
    Dl_info info;
    struct link_map *object = NULL;
    if (dladdr1(address, &info, (void **)&object, RTLD_DL_LINKMAP) == 0 ||
        object == NULL)
        return "unknown";
    return object->l_name;
}
