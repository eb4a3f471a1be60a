/* module.c - a library that allocates when it is loaded, frees when it is
 * closed, and has thread-local memory of 64 KiB. */
#include <stddef.h>

extern void *malloc(size_t), *calloc(size_t, size_t), *realloc(void *, size_t);
extern void free(void *);

enum { MODULE_BLOCKS = 64 };

static unsigned char *module_blocks[MODULE_BLOCKS];
static __thread unsigned char module_tls[65536];

/* First and last of each block carry its number. */
static size_t module_size(unsigned number)
{
    return 24 + (size_t)number * 61;
}

unsigned char *aid_module_tls(void);
int aid_module_is_right(void);

unsigned char *aid_module_tls(void)
{
    return module_tls;
}

int aid_module_is_right(void)
{
    for (unsigned i = 0; i < MODULE_BLOCKS; i++)
        if (module_blocks[i] == NULL || module_blocks[i][0] != i ||
            module_blocks[i][module_size(i) - 1] != i)
            return 0;
    return 1;
}

__attribute__((constructor)) static void module_open(void)
{
    for (unsigned i = 0; i < MODULE_BLOCKS; i++) {
        size_t size = module_size(i);

        module_blocks[i] = i % 3 == 0   ? calloc(1, size)
                           : i % 3 == 1 ? malloc(size)
                                        : realloc(malloc(size / 2), size);
        if (module_blocks[i] == NULL)
            continue;
        module_blocks[i][0] = (unsigned char)i;
        module_blocks[i][size - 1] = (unsigned char)i;
    }
}

__attribute__((destructor)) static void module_close(void)
{
    for (unsigned i = 0; i < MODULE_BLOCKS; i++)
        free(module_blocks[i]);
}
