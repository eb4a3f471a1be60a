/* coverage.c - what a subject replaces, and whether it hangs together. (COV)
 */
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/blocks.h"

CHECK(COV_1, MUST, "malloc, calloc, realloc and free are the subject's",
      "glibc manual, Replacing malloc: the minimum set",
      .why = "A library may preload silently and replace nothing, as "
             "libmemkind and libgc do. Every verdict would then be about the "
             "C library's malloc.")
{
    static const char *const names[] = { "malloc", "calloc", "realloc",
                                         "free" };
    struct findings findings = { 0 };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (!subject_has(names[i]))
            finding(&findings, "%s lies in another object", names[i]);
    return verdict_of(run, &findings, "the minimum set is replaced");
}

CHECK(COV_2, SHOULD, "who replaces malloc replaces its whole family",
      "glibc manual, Replacing malloc: the two tables of functions",
      .why = "A program that calls the one function left out gets a block of "
             "another heap, and crashes in free() far from the cause (filed: "
             "jemalloc/jemalloc pull 2257, DataDog/java-profiler 200).")
{
    static const char *const names[] = { "calloc",         "realloc",
                                         "free",           "aligned_alloc",
                                         "memalign",       "malloc_usable_size",
                                         "posix_memalign", "pvalloc",
                                         "valloc" };
    struct findings findings = { 0 };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (!subject_has(names[i]))
            finding(&findings, "%s is not", names[i]);
    return verdict_of(run, &findings, "all of the family are replaced");
}

enum { COVERAGE_TEXT = 4000 };

static char *coverage_text(void)
{
    static char text[COVERAGE_TEXT + 1];

    memset(text, 'x', COVERAGE_TEXT);
    return text;
}

static char *coverage_strdup(void)
{
    return strdup(coverage_text());
}

static char *coverage_strndup(void)
{
    return strndup(coverage_text(), 100);
}

static char *coverage_asprintf(void)
{
    char *text = NULL;

    return asprintf(&text, "%s-%d", coverage_text(), 7) > 0 ? text : NULL;
}

static char *coverage_read(bool delimited)
{
    FILE *stream = fmemopen(coverage_text(), COVERAGE_TEXT, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length = -1;

    if (stream == NULL)
        return NULL;
    length = delimited ? getdelim(&line, &room, ':', stream)
                       : getline(&line, &room, stream);
    fclose(stream);
    return length > 0 ? line : NULL;
}

static char *coverage_getline(void)
{
    return coverage_read(false);
}

static char *coverage_getdelim(void)
{
    return coverage_read(true);
}

static char *coverage_memstream(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (stream == NULL)
        return NULL;
    fputs(coverage_text(), stream);
    fclose(stream);
    return text;
}

static char *coverage_realpath(void)
{
    return realpath("/", NULL);
}

static char *coverage_getcwd(void)
{
    return getcwd(NULL, 0);
}

/* The entries go first, then the list: the list is what is handed on. */
static char *coverage_scandir(void)
{
    struct dirent **entries = NULL;
    int count = scandir("/", &entries, NULL, alphasort);

    if (count < 1)
        return NULL;
    for (int i = 0; i < count; i++)
        subject->free(entries[i]);
    memset(entries, 'x', sizeof(*entries));
    return (char *)entries;
}

static char *coverage_reallocarray(void)
{
    char *block = subject->reallocarray(NULL, 100, 10);

    return block != NULL ? memset(block, 'x', 1000) : NULL;
}

static const struct {
    const char *name;
    char *(*get)(void);
    size_t bytes; /* at least so many are there, to be looked at */
} coverage_sources[] = {
    { "strdup", coverage_strdup, COVERAGE_TEXT + 1 },
    { "strndup", coverage_strndup, 101 },
    { "asprintf", coverage_asprintf, COVERAGE_TEXT + 3 },
    { "getline", coverage_getline, COVERAGE_TEXT + 1 },
    { "getdelim", coverage_getdelim, COVERAGE_TEXT + 1 },
    { "open_memstream", coverage_memstream, COVERAGE_TEXT + 1 },
    { "realpath", coverage_realpath, 2 },
    { "getcwd", coverage_getcwd, 2 },
    { "scandir", coverage_scandir, sizeof(void *) },
    { "reallocarray", coverage_reallocarray, 1000 },
};

enum {
    COVERAGE_SOURCES = sizeof(coverage_sources) / sizeof(*coverage_sources)
};

/* 0 well, 1 nothing to look at, 2 contents lost. A crash speaks itself. */
static int coverage_hand_over(void *argument)
{
    size_t i = *(const size_t *)argument;
    size_t bytes = coverage_sources[i].bytes;
    char *first = coverage_sources[i].get();
    char *second = coverage_sources[i].get();
    char old[COVERAGE_TEXT + 8];

    if (first == NULL || second == NULL)
        return 1;
    memcpy(old, first, bytes);
    first = subject->realloc(first, 3 * bytes + 5000);
    if (first == NULL || memcmp(old, first, bytes) != 0)
        return 2;
    memset(first, 'y', 3 * bytes + 5000);
    subject->free(first);
    subject->free(second);
    return 0;
}

CHECK(COV_3, MUST,
      "free and realloc take what the C library's functions give away",
      "POSIX.1-2024 free(): \"or a function in POSIX.1-2024 that allocates "
      "memory as if by malloc()\"",
      .profiles = "posix2024 dropin",
      .why = "strdup, getline and the others allocate inside the C library. "
             "If that goes past the subject, free() gets a foreign block "
             "(filed: mjansson/rpmalloc 374).")
{
    struct findings findings = { 0 };
    struct child_end end;

    for (size_t i = 0; i < COVERAGE_SOURCES; i++) {
        if (check_child(coverage_hand_over, &i, 5000, &end) != 0)
            return error(run, "no child process");
        if (check_end_word(&end) != NULL)
            finding(&findings, "%s: %s", coverage_sources[i].name,
                    check_end_word(&end));
        else if (end.status != 0)
            finding(&findings, "%s: %s", coverage_sources[i].name,
                    end.status == 1 ? "gave NULL" : "realloc lost bytes");
    }
    return verdict_of(run, &findings, "each can be resized and freed");
}

CHECK(COV_3b, SHOULD,
      "malloc_usable_size takes what the C library's functions give away",
      "malloc_usable_size(3), with POSIX.1-2024 free()",
      .why = "Profilers and memory counters ask for the size of every block, "
             "wherever it came from.")
{
    struct findings findings = { 0 };

    for (size_t i = 0; i < COVERAGE_SOURCES; i++) {
        char *block = coverage_sources[i].get();
        size_t usable;

        if (block == NULL)
            return error(run, "%s gave NULL", coverage_sources[i].name);
        usable = subject->malloc_usable_size(block);
        if (usable < coverage_sources[i].bytes)
            finding(&findings, "%s: %zu bytes usable of %zu",
                    coverage_sources[i].name, usable,
                    coverage_sources[i].bytes);
        subject->free(block);
    }
    return verdict_of(run, &findings, "usable size covers the contents");
}

static int coverage_free_one(void *argument)
{
    const struct way *way = argument;
    unsigned char *blocks[16];

    for (size_t i = 0; i < 16; i++) {
        blocks[i] = way->get(i + 1);
        if (blocks[i] == NULL)
            return 1;
        *blocks[i] = 1;
    }
    for (size_t i = 0; i < 16; i++)
        subject->free(blocks[i]);
    return 0;
}

CHECK(COV_4, SHOULD, "free takes blocks of every allocating function",
      "glibc manual, Replacing malloc; POSIX.1-2024 free()",
      .why = "Each function is tried in a child: one that is not replaced "
             "gives a foreign block, and free() crashes or corrupts (pvalloc "
             "under jemalloc 5.3.0; filed: jemalloc/jemalloc pull 2257).")
{
    struct findings findings = { 0 };
    struct child_end end;

    for (size_t i = 0; i < WAY_COUNT; i++) {
        if (check_child(coverage_free_one, (void *)&ways[i], 5000, &end) != 0)
            return error(run, "no child process");
        if (check_end_word(&end) != NULL)
            finding(&findings, "free(%s()) ends in %s", ways[i].name,
                    check_end_word(&end));
        else if (end.status != 0)
            finding(&findings, "%s(1) gave NULL", ways[i].name);
    }
    return verdict_of(run, &findings, "each function's block can be freed");
}

static const char *const coverage_internal[] = { "__libc_malloc",
                                                 "__libc_calloc",
                                                 "__libc_memalign" };

static int coverage_free_internal(void *argument)
{
    void *(*get)(size_t first, size_t second) =
        (void *(*)(size_t, size_t))dlsym(RTLD_DEFAULT, argument);

    for (int i = 0; i < 8; i++)
        subject->free(get(64, 64)); /* __libc_malloc takes the first alone */
    return 0;
}

CHECK(COV_5, QUALITY, "__libc_malloc and its kin cohere with free",
      "glibc's internal names, exported to this day",
      .why = "Programs that hook malloc call these and hand the blocks to "
             "free (filed: mjansson/rpmalloc 374).")
{
    struct findings findings = { 0 };
    struct child_end end;
    unsigned replaced = 0;

    for (size_t i = 0; i < 3; i++) {
        const char *name = coverage_internal[i];

        replaced += subject_has(name);
        if (dlsym(RTLD_DEFAULT, name) == NULL)
            continue;
        if (check_child(coverage_free_internal, (void *)name, 5000, &end) != 0)
            return error(run, "no child process");
        if (check_end_word(&end) != NULL)
            finding(&findings, "free(%s()): %s", name, check_end_word(&end));
    }
    figure(run, "replaced_functions", replaced);
    if (findings.count > 0)
        return outcome(run, "incoherent", "%s", findings.text);
    return outcome(run, replaced == 3 ? "replaced" : "coherent",
                   "%u of 3 names are the subject's", replaced);
}

static int coverage_ask_glibc(void *argument)
{
    int (*info)(int options, FILE *stream) =
        (int (*)(int, FILE *))dlsym(RTLD_DEFAULT, "malloc_info");
    FILE *null = fopen("/dev/null", "w");
    void *block = subject->malloc(1000);

    (void)argument;
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    (void)mallinfo2();
    if (info != NULL && null != NULL)
        info(0, null);
    malloc_stats();
    subject->malloc_trim(0);
    subject->free(block);
    subject->free(subject->malloc(100000));
    return 0;
}

CHECK(COV_7, QUALITY,
      "malloc_trim, mallinfo2, malloc_info, mallopt, malloc_stats do no harm",
      "glibc malloc.h",
      .why = "Programs call them without asking whose malloc is active; what "
             "is not replaced speaks of the C library's idle heap.")
{
    struct child_end end;

    if (check_child(coverage_ask_glibc, NULL, 5000, &end) != 0)
        return error(run, "no child process");
    return check_end_word(&end) == NULL
               ? pass(run)
               : fail(run, "one of the calls ends in %s", check_end_word(&end));
}

CHECK(COV_8, SHOULD, "free_sized and free_aligned_sized are the subject's",
      "C23 7.24.3.4 and 7.24.3.5 (N3220)", .profiles = "c23",
      .why = "Where the C library exports them (glibc since 2.43) and the "
             "subject does not, a C23 program frees the subject's block in "
             "the C library.")
{
    bool sized = subject_has("free_sized");
    bool aligned = subject_has("free_aligned_sized");

    if (sized && aligned)
        return pass(run);
    if (subject->free_sized == NULL && subject->free_aligned_sized == NULL)
        return skip(run, "neither the subject nor the C library has them");
    return fail(run, "free_sized: %s, free_aligned_sized: %s",
                sized ? "the subject's" : "not the subject's",
                aligned ? "the subject's" : "not the subject's");
}
