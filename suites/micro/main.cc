/* main.cc - `assay-micro`: one group of benchmarks under one subject.
 *
 * A group is a family, or one benchmark of a family that is timed once in a
 * process. The figures go to a file, in google-benchmark's JSON; how the run
 * ended goes to the record (harness/lib/record.h), which outlives a crash. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "cold.h"
#include "micro.h"

enum { EXIT_GOOD = 0, EXIT_WRONG_USE = 2, EXIT_TOOL = 3 };

struct options {
    const char *subject = nullptr;
    const char *functions = nullptr;
    const char *group = nullptr;
    const char *out = nullptr;
    const char *seconds = "0.02";
    bool floor = false;
    bool list = false;
};

/* "pair", or "cold/64" where the process serves that one only. */
static std::string group_of(const family &family, size_t size)
{
    if (family.clock != FAMILY_CLOCK_ONCE)
        return family.name;
    return std::string(family.name) + "/" + std::to_string(size);
}

/* ---- the list, for `assay bench` ---- */

static void print_list()
{
    const char *comma = "";

    puts("{\"google_benchmark\": \"" GOOGLE_BENCHMARK_VERSION
         "\", \"benchmarks\": [");
    for (size_t i = 0; families[i] != nullptr; i++) {
        const family &one = *families[i];

        for (const size_t *size = one.sizes; *size != 0; size++) {
            printf("%s  {\"name\": \"%s\", \"size_bytes\": %zu, "
                   "\"alignment_bytes\": %zu, \"group\": \"%s\", "
                   "\"operation\": \"%s\"}",
                   comma, one.name, *size, one.alignment_bytes,
                   group_of(one, *size).c_str(), one.operation);
            comma = ",\n";
        }
    }
    puts("\n]}");
}

/* ---- a run ---- */

/* Progress is the parent's; only the file is written. */
class silent_reporter : public benchmark::BenchmarkReporter
{
  public:
    bool ReportContext(const Context &) override
    {
        return true;
    }
    void ReportRuns(const std::vector<Run> &) override
    {
    }
};

static void register_one(const family &family, size_t size)
{
    std::string name = std::string(family.name) + "/" + std::to_string(size);
    auto *registered =
        benchmark::RegisterBenchmark(name.c_str(),
                                     [&family, size](benchmark::State &state) {
                                         driver_enter(2 * size);
                                         family.run(state, family, size);
                                         driver_leave();
                                     });

    if (family.clock != FAMILY_CLOCK_LOOP)
        registered->UseManualTime();
    if (family.clock == FAMILY_CLOCK_ONCE)
        registered->Iterations(1);
}

/* Why the family cannot be asked of this subject, or NULL. */
static const char *unsupported(const family &family, const options &options)
{
    const char *lack = driver_lacks(family.needs);

    if (lack != nullptr || !options.floor)
        return lack;
    if (!family.floor)
        return "the floor serves no blocks that could be looked at or grown";
    return driver_find_floor();
}

/* 0 when the group's benchmarks are registered, else the record is sealed. */
static int prepare(const options &options)
{
    int found = 0;

    for (size_t i = 0; families[i] != nullptr; i++) {
        const family &one = *families[i];

        for (const size_t *size = one.sizes; *size != 0; size++) {
            const char *wrong;

            if (group_of(one, *size) != options.group)
                continue;
            found = 1;
            wrong = unsupported(one, options);
            if (wrong != nullptr) {
                driver_end_unsupported(wrong);
                return -1;
            }
            if (one.clock == FAMILY_CLOCK_ONCE)
                cold_take(*size); /* before all else: registering allocates */
            else if (!options.floor)
                wrong = driver_check(one.needs, one.alignment_bytes, *size);
            if (wrong != nullptr) {
                driver_end_wrong(wrong);
                return -1;
            }
            register_one(one, *size);
        }
    }
    return found ? 0 : EXIT_WRONG_USE;
}

static void run_all(const options &options)
{
    std::string out = std::string("--benchmark_out=") + options.out;
    std::string seconds =
        std::string("--benchmark_min_time=") + options.seconds;
    char program[] = "assay-micro";
    char format[] = "--benchmark_out_format=json";
    char interleaving[] = "--benchmark_enable_random_interleaving=true";
    char *words[] = { program, &out[0],      &seconds[0],
                      format,  interleaving, nullptr };
    int count = 5;
    silent_reporter reporter;

    benchmark::Initialize(&count, words);
    benchmark::RunSpecifiedBenchmarks(&reporter);
}

static int run(const options &options)
{
    int wrong = driver_prove(options.subject, options.functions);

    if (wrong == 1)
        return EXIT_WRONG_USE;
    if (wrong == 0)
        wrong = prepare(options);
    if (wrong > 0)
        return wrong;
    if (wrong == 0) {
        run_all(options);
        driver_end_well();
    }
    return EXIT_GOOD;
}

/* ---- the command line ---- */

static const char usage[] =
    "assay-micro runs a group of micro-benchmarks under a preloaded subject.\n"
    "\n"
    "  assay-micro --list\n"
    "  assay-micro --subject PATH --group GROUP --out FILE [--min-time S]\n"
    "              [--functions malloc=NAME,free=NAME,...] [--floor]\n"
    "\n"
    "How the run ended is left in the record that 'assay bench --micro' hands\n"
    "down; the figures are google-benchmark's JSON in FILE.\n";

/* The option's value is the next word. */
static const char **valued(options &options, const char *word)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {
        { "--subject", &options.subject },
        { "--group", &options.group },
        { "--out", &options.out },
        { "--min-time", &options.seconds },
        { "--functions", &options.functions },
    };

    for (const auto &one : known)
        if (strcmp(one.name, word) == 0)
            return one.value;
    return nullptr;
}

static bool parse(options &options, char **words)
{
    for (; *words != nullptr; words++) {
        const char **value = valued(options, *words);

        if (value != nullptr && words[1] != nullptr)
            *value = *++words;
        else if (strcmp(*words, "--floor") == 0)
            options.floor = true;
        else if (strcmp(*words, "--list") == 0)
            options.list = true;
        else
            return false;
    }
    return options.list || (options.subject != nullptr &&
                            options.group != nullptr && options.out != nullptr);
}

int main(int count, char **words)
{
    options options;

    if (count < 2 || !parse(options, words + 1)) {
        fputs(usage, stderr);
        return EXIT_WRONG_USE;
    }
    if (options.list) {
        print_list();
        return EXIT_GOOD;
    }
    if (!driver_has_record()) {
        fputs("assay-micro: no record was handed down; 'assay bench --micro' "
              "does that\n",
              stderr);
        return EXIT_TOOL;
    }
    return run(options);
}
