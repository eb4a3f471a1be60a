/* machine.c - the machine's fingerprint and its gate. */
#include "machine.h"

#include <gnu/libc-version.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "text.h"

/* More than this and neighbours are likely to show in the figures. */
#define LOAD_PER_PROCESSOR_MAX 0.5

/* The first line of a file without its end, or NULL; the caller frees. */
static char *file_line(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    char *got;

    if (file == NULL)
        return NULL;
    got = fgets(line, sizeof(line), file);
    fclose(file);
    if (got == NULL)
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    return text_copy(line);
}

/* What stands behind `key` and a colon in a file of such lines. */
static char *file_value(const char *path, const char *key)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    char *value = NULL;

    while (file != NULL && value == NULL &&
           fgets(line, sizeof(line), file) != NULL) {
        char *colon = strchr(line, ':');

        if (strncmp(line, key, strlen(key)) != 0 || colon == NULL)
            continue;
        colon += 1 + strspn(colon + 1, " \t");
        colon[strcspn(colon, "\n")] = '\0';
        value = text_copy(colon);
    }
    if (file != NULL)
        fclose(file);
    return value;
}

/* Takes `text` over. */
static json_t *json_text(char *text)
{
    json_t *value = text == NULL ? json_null() : json_string(text);

    free(text);
    return value;
}

unsigned machine_processors(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

static uint64_t memory_field(const char *key)
{
    char *value = file_value("/proc/meminfo", key);
    uint64_t bytes = value == NULL ? 0 : strtoull(value, NULL, 10) * 1024;

    free(value);
    return bytes;
}

/* The limit less the use of a control group, or UINT64_MAX. */
static uint64_t group_left(const char *limit_path, const char *use_path)
{
    char *limit = file_line(limit_path), *use = file_line(use_path);
    uint64_t left = UINT64_MAX;

    if (limit != NULL && use != NULL && strcmp(limit, "max") != 0) {
        uint64_t most = strtoull(limit, NULL, 10);
        uint64_t used = strtoull(use, NULL, 10);

        left = most > used ? most - used : 0;
    }
    free(limit);
    free(use);
    return left;
}

#define GROUP1 "/sys/fs/cgroup/memory/memory."
#define GROUP2 "/sys/fs/cgroup/memory."

uint64_t machine_memory_available(void)
{
    uint64_t free_now = memory_field("MemAvailable");
    uint64_t v1 = group_left(GROUP1 "limit_in_bytes", GROUP1 "usage_in_bytes");
    uint64_t v2 = group_left(GROUP2 "max", GROUP2 "current");

    if (v1 < free_now)
        free_now = v1;
    return v2 < free_now ? v2 : free_now;
}

static json_t *machine_groups(void)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o}", "v1_memory_limit",
        json_text(file_line(GROUP1 "limit_in_bytes")), "v2_memory_max",
        json_text(file_line(GROUP2 "max")), "v1_cpu_quota",
        json_text(file_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")),
        "v2_cpu_max", json_text(file_line("/sys/fs/cgroup/cpu.max")));
}

#define CPU0 "/sys/devices/system/cpu/cpu0/"

static json_t *machine_processor(void)
{
    char *flags = file_value("/proc/cpuinfo", "flags");
    bool guest = flags != NULL && strstr(flags, " hypervisor") != NULL;

    free(flags);
    return json_pack("{s:o, s:i, s:i, s:o, s:o, s:b}", "model",
                     json_text(file_value("/proc/cpuinfo", "model name")),
                     "online", (int)sysconf(_SC_NPROCESSORS_ONLN), "usable",
                     (int)machine_processors(), "governor",
                     json_text(file_line(CPU0 "cpufreq/scaling_governor")),
                     "microcode",
                     json_text(file_value("/proc/cpuinfo", "microcode")),
                     "virtual", guest);
}

#define HUGE_PAGES "/sys/kernel/mm/transparent_hugepage/"

static json_t *machine_memory(void)
{
    return json_pack(
        "{s:I, s:I, s:I, s:o, s:o, s:o}", "total_bytes",
        (json_int_t)memory_field("MemTotal"), "swap_bytes",
        (json_int_t)memory_field("SwapTotal"), "page_bytes",
        (json_int_t)sysconf(_SC_PAGESIZE), "transparent_huge_pages",
        json_text(file_line(HUGE_PAGES "enabled")), "address_randomisation",
        json_text(file_line("/proc/sys/kernel/randomize_va_space")),
        "overcommit", json_text(file_line("/proc/sys/vm/overcommit_memory")));
}

json_t *machine_fingerprint(void)
{
    struct utsname name;

    uname(&name);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s}", "system",
                     name.sysname, "kernel", name.release, "architecture",
                     name.machine, "processor", machine_processor(), "memory",
                     machine_memory(), "control_groups", machine_groups(),
                     "c_library", gnu_get_libc_version(), "build", ASSAY_BUILD);
}

/* The "cpu" line: user nice system idle iowait irq softirq steal ... */
static void load_ticks(struct machine_load *load)
{
    char *line = file_line("/proc/stat");
    char *at = line == NULL ? NULL : line + strcspn(line, " ");

    for (int field = 0; at != NULL && *at != '\0' && field < 8; field++) {
        uint64_t ticks = strtoull(at, &at, 10);

        load->total_ticks += ticks;
        if (field == 7)
            load->steal_ticks = ticks;
    }
    free(line);
}

struct machine_load machine_load_read(void)
{
    struct machine_load load = { 0 };
    char *line = file_line("/proc/loadavg");

    if (line != NULL)
        sscanf(line, "%lf %*f %*f %u", &load.load_average, &load.runnable);
    free(line);
    load_ticks(&load);
    return load;
}

double machine_steal_share(struct machine_load before,
                           struct machine_load after)
{
    uint64_t total = after.total_ticks - before.total_ticks;

    return total == 0 ? 0
                      : (double)(after.steal_ticks - before.steal_ticks) /
                            (double)total;
}

char *machine_busy(struct machine_load load)
{
    unsigned processors = machine_processors();

    if (load.runnable > processors)
        return text_format("%u threads want %u processors", load.runnable - 1,
                           processors);
    if (load.load_average > LOAD_PER_PROCESSOR_MAX * processors)
        return text_format("the load average is %.2f on %u processors",
                           load.load_average, processors);
    return NULL;
}
