/* integrity.c - live blocks stay apart and whole: in number, in size, and
 * beside what the program has of its own. (INT) */
#include <link.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "tools/blocks.h"
#include "tools/crew.h"
#include "tools/mappings.h"

enum { FOREIGN_MAX = 512, SAMPLE = 3000 };

/* What belongs to the program, and the blocks that may not touch it. */
struct foreign {
    struct {
        uintptr_t start, end;
        const char *what;
    } ranges[FOREIGN_MAX];
    unsigned count;
    struct stat subject;
    struct complaint complaint;
    struct owned blocks[SAMPLE];
};

static void foreign_add(struct foreign *foreign, uintptr_t start, uintptr_t end,
                        const char *what)
{
    if (foreign->count < FOREIGN_MAX) {
        foreign->ranges[foreign->count].start = start;
        foreign->ranges[foreign->count].end = end;
        foreign->ranges[foreign->count++].what = what;
    }
}

/* Segments of every object but the subject, which may keep blocks in its own
 * static memory. */
static int foreign_object(struct dl_phdr_info *info, size_t size,
                          void *argument)
{
    struct foreign *foreign = argument;
    struct stat file;

    (void)size;
    if (*info->dlpi_name != '\0' && stat(info->dlpi_name, &file) == 0 &&
        file.st_ino == foreign->subject.st_ino &&
        file.st_dev == foreign->subject.st_dev)
        return 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

        if (info->dlpi_phdr[i].p_type == PT_LOAD)
            foreign_add(foreign, start, start + info->dlpi_phdr[i].p_memsz,
                        "an object's segment");
    }
    return 0;
}

static bool foreign_mapping(void *argument, const struct mapping *mapping)
{
    if (strcmp(mapping->name, "[stack]") == 0)
        foreign_add(argument, mapping->start, mapping->end, "the stack");
    if (strncmp(mapping->name, "[v", 2) == 0)
        foreign_add(argument, mapping->start, mapping->end, "the kernel's");
    return true;
}

static void foreign_look(struct foreign *foreign, const struct owned *owned)
{
    uintptr_t start = (uintptr_t)owned->block;

    for (unsigned i = 0; i < foreign->count; i++)
        if (start < foreign->ranges[i].end &&
            foreign->ranges[i].start < start + owned->size)
            complain(&foreign->complaint, "%zu bytes at %p lie in %s",
                     owned->size, (void *)owned->block,
                     foreign->ranges[i].what);
}

CHECK(INT_4, SHOULD, "blocks lie in no memory of the program's own",
      "C23 7.24.3p1; \"within the heap\" of the classic malloc exercises",
      .flags = CHECK_RANDOM,
      .why = "3000 live blocks of all sizes beside the segments of every "
             "loaded object but the subject, the stack, and pages that the "
             "check mapped: a heap that grows over what it did not map writes "
             "into them.")
{
    struct foreign *foreign = check_map(sizeof(*foreign));
    struct random random = random_stream(run->seed, 0);
    void *own = check_map(MIB);

    if (foreign == NULL || own == NULL ||
        stat(run->subject_path, &foreign->subject) != 0)
        return error(run, "no memory, or no subject to look at");
    for (unsigned i = 0; i < SAMPLE; i++)
        owned_get(&foreign->blocks[i], size_drawn(&random, 8, 14), i + 1,
                  &foreign->complaint);
    dl_iterate_phdr(foreign_object, foreign);
    mappings_walk(foreign_mapping, foreign);
    foreign_add(foreign, (uintptr_t)foreign, (uintptr_t)(foreign + 1),
                "the check's pages");
    foreign_add(foreign, (uintptr_t)own, (uintptr_t)own + MIB,
                "the check's pages");
    for (unsigned i = 0; i < SAMPLE; i++)
        foreign_look(foreign, &foreign->blocks[i]);
    for (unsigned i = 0; i < SAMPLE; i++)
        owned_free(&foreign->blocks[i], &foreign->complaint);
    return complaint_verdict(run, &foreign->complaint);
}

/* Takes mappings away from the subject: pages of changing protection. They
 * are never touched, so they cost the kernel's notes alone. */
static bool mappings_pressure(unsigned pages)
{
    unsigned char *region = check_map((size_t)pages * 4096);

    for (unsigned i = 0; region != NULL && i < pages; i += 2)
        if (mprotect(region + (size_t)i * 4096, 4096, PROT_NONE) != 0)
            return false;
    return region != NULL;
}

enum { CROWD = 1000000, CROWD_LARGE = 4000, CROWD_PRESSURE = 62000 };

/* Large blocks with holes between: head and tail hold a pattern. Those that
 * were refused are counted. */
static unsigned crowd_large(struct random *random, struct complaint *complaint)
{
    struct owned *ends = check_map(2 * CROWD_LARGE * sizeof(*ends));
    unsigned refused = 0;

    for (unsigned i = 0; ends != NULL && i < 2 * CROWD_LARGE; i += 2) {
        size_t size = MIB + random_below(random, 3 * (uint32_t)MIB);
        unsigned char *block = subject->malloc(size);

        refused += block == NULL;
        if (block == NULL)
            continue;
        ends[i] = (struct owned){ block, 64, i + 1 };
        ends[i + 1] = (struct owned){ block + size - 64, 64, i + 2 };
        owned_fill(&ends[i]);
        owned_fill(&ends[i + 1]);
        if (i / 2 % 3 == 2 && ends[i - 2].block != NULL) {
            owned_look(&ends[i - 1], complaint);
            owned_free(&ends[i - 2], complaint);
            ends[i - 1].block = NULL;
        }
    }
    for (unsigned i = 0; ends != NULL && i < 2 * CROWD_LARGE; i += 2) {
        owned_look(&ends[i + 1], complaint);
        owned_free(&ends[i], complaint);
    }
    return refused;
}

CHECK(INT_6, MUST,
      "a million blocks stay whole, and so do blocks in many mappings",
      "C23 7.24.3p1; vm.max_map_count is 65530 by default",
      .flags = CHECK_RANDOM | CHECK_ALONE, .timeout_s = 60,
      .why = "A million live blocks of 16 to 127 bytes, every second one "
             "freed and taken again. Then the check takes 62 000 mappings "
             "for itself, and 4000 blocks of 1 to 4 MiB with holes share the "
             "rest, so that the system refuses to map and to unmap (filed: "
             "microsoft/mimalloc 100). A refused block is told, a damaged one "
             "fails.")
{
    struct owned *blocks = check_map(CROWD * sizeof(*blocks));
    struct complaint complaint = { 0 };
    struct random random = random_stream(run->seed, 0);

    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    if (blocks == NULL)
        return error(run, "no memory for the list");
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < CROWD; i += 1 + round) {
            owned_free(&blocks[i], &complaint);
            owned_get(&blocks[i], size_drawn(&random, 16, 3), i + 1,
                      &complaint);
        }
    for (unsigned i = 0; i < CROWD; i++)
        owned_free(&blocks[i], &complaint);
    if (complained(&complaint))
        return complaint_verdict(run, &complaint);
    if (!mappings_pressure(CROWD_PRESSURE))
        return skip(run, "the system gives no %d mappings", CROWD_PRESSURE);
    figure(run, "refused_blocks", crowd_large(&random, &complaint));
    return complaint_verdict(run, &complaint);
}

CHECK(INT_7, MUST, "blocks around the thresholds of large ones stay whole",
      "C23 7.24.3p1", .timeout_s = 30,
      .why = "Eight live blocks of each size around 64 KiB, doubled to 64 "
             "MiB, one byte less and one more; two stay alive from size to "
             "size. There the ways of serving change, and headers and rounding "
             "with them.")
{
    struct complaint complaint = { 0 };
    struct owned kept[2] = { 0 };

    for (size_t edge = 64 * KIB; edge <= 64 * MIB; edge *= 2)
        for (size_t size = edge - 1; size <= edge + 1; size++) {
            unsigned count = edge > 8 * MIB ? 2 : 8;
            struct owned blocks[8] = { 0 };

            for (unsigned i = 0; i < count; i++)
                owned_get(&blocks[i], size, size + i, &complaint);
            for (unsigned i = 0; i < 2; i++)
                owned_free(&kept[i], &complaint);
            for (unsigned i = 0; i < count; i++)
                if (i == 0 || i == count - 1)
                    kept[i != 0] = blocks[i];
                else
                    owned_free(&blocks[i], &complaint);
            if (complained(&complaint))
                return complaint_verdict(run, &complaint);
        }
    for (unsigned i = 0; i < 2; i++)
        owned_free(&kept[i], &complaint);
    return complaint_verdict(run, &complaint);
}

enum { PURGE_ROUNDS = 30, PURGE_BLOCKS = 16 };

struct purge {
    _Atomic bool over;
    unsigned rounds;
};

static uint64_t purge_hash(const unsigned char *block, size_t size)
{
    uint64_t hash = 0;

    for (size_t at = 0; at + 8 <= size; at += 64) {
        uint64_t word;

        memcpy(&word, block + at, sizeof(word));
        hash = digest_add(hash, word);
    }
    return hash;
}

/* Dirties, frees and trims, as fast as it can. */
static void purge_churn(struct member *member)
{
    size_t size = size_drawn(&member->random, 1024, 9);
    unsigned char *block = subject->malloc(size);

    if (block != NULL)
        memset(block, 0xdd, size);
    subject->free(block);
    if (random_chance(&member->random, 100))
        subject->malloc_trim(0);
}

/* Fresh blocks that nobody has written yet are read twice. */
static void purge_watch(struct member *member)
{
    unsigned char *blocks[PURGE_BLOCKS];
    uint64_t hashes[PURGE_BLOCKS];
    size_t sizes[PURGE_BLOCKS];

    for (unsigned i = 0; i < PURGE_BLOCKS; i++) {
        sizes[i] = size_drawn(&member->random, 256, 10);
        blocks[i] = subject->malloc(sizes[i]);
        hashes[i] = blocks[i] != NULL ? purge_hash(blocks[i], sizes[i]) : 0;
    }
    for (unsigned i = 0; i < 20; i++)
        sched_yield();
    for (unsigned i = 0; i < PURGE_BLOCKS; i++) {
        if (blocks[i] != NULL && purge_hash(blocks[i], sizes[i]) != hashes[i])
            complain(&member->crew->complaint,
                     "a fresh block of %zu bytes changed before its owner "
                     "wrote to it",
                     sizes[i]);
        if (blocks[i] != NULL)
            memset(blocks[i], 0x5a, sizes[i]);
        subject->free(blocks[i]);
    }
}

static void purge_work(struct member *member)
{
    struct purge *purge = member->crew->shared;

    while (member->number != 0 && !atomic_load(&purge->over))
        purge_churn(member);
    for (unsigned i = 0; member->number == 0 && i < purge->rounds; i++)
        purge_watch(member);
    if (member->number == 0)
        atomic_store(&purge->over, true);
}

CHECK(INT_8, MUST, "no other thread of the allocator writes into a fresh block",
      "C23 7.24.3p2", .flags = CHECK_RANDOM | CHECK_THREADS, .timeout_s = 30,
      .why = "Filling with junk, zeroing and giving pages back happen late, "
             "on other threads, and must be over when the block is somebody's "
             "again (filed: GrapheneOS/hardened_malloc 310; purging in "
             "jemalloc). A fresh block is read, left alone while two threads "
             "free and trim, and read again.")
{
    struct crew *crew = check_map(sizeof(*crew));
    struct purge *purge = check_map(sizeof(*purge));

    if (crew == NULL || purge == NULL)
        return error(run, "no memory");
    purge->rounds = run->repeat != 0 ? run->repeat : PURGE_ROUNDS;
    crew->count = 3;
    crew->seed = run->seed;
    crew->work = purge_work;
    crew->shared = purge;
    if (crew_run(crew) != 0)
        return error(run, "no threads");
    figure(run, "rounds", purge->rounds);
    return complaint_verdict(run, &crew->complaint);
}
