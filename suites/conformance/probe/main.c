/* main.c - decides one requirement of one subject, and leaves a record. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_TOOL = 3 };

static struct record *main_record;

/* Before any constructor: a subject may do as it likes in its own. */
static void main_attach(void)
{
    main_record = record_attach();
}

__attribute__((section(".preinit_array"),
               used)) static void (*const main_attach_entry)(void) =
    main_attach;

static void main_help(void)
{
    printf("%s\n\n"
           "  %s --list\n"
           "  %s ID --subject PATH [--seed N] [--repeat N]\n"
           "              [--script FILE] [--out DIR] [--bare]\n"
           "              [--patience PERCENT]\n\n"
           "--script plays the operations of a file instead of drawn ones,\n"
           "for a check that draws scripts; it takes the operations\n"
           "themselves too. It ends with 1 when the check fails. --out is\n"
           "where a script that fails is kept (assay-out, made when needed).\n"
           "--bare runs the part of a check that it runs in fresh processes\n"
           "of its own. --patience is how long it waits for the processes\n"
           "that it starts, in percent of what is enough where nothing else\n"
           "runs (100): `assay check` gives what the machine's load asks for.\n"
           "\n"
           "With a record handed down as descriptor %d the verdict is left\n"
           "there; without one (under a debugger) it is printed. The command\n"
           "that does everything is `assay check`.\n",
           probe_kind.about, probe_kind.program, probe_kind.program, RECORD_FD);
}

/* The outcome tells the skip of what is not claimed from that of what could
 * not be decided. */
static enum verdict main_unclaimed(struct check_run *run, unsigned lacking)
{
    char names[256];

    probe_bits(lacking, names, sizeof(names));
    outcome(run, "unclaimed", "the plug-in does not claim %s", names);
    return VERDICT_SKIP;
}

static enum verdict main_decide(struct check_run *run,
                                const struct check *check)
{
    unsigned lacking = check->wants & ~run->claims;

    return lacking != 0 ? main_unclaimed(run, lacking) : check->body(run);
}

static int main_run(const struct probe_options *options, struct record *record)
{
    static char self[512], why[512];
    struct check_run run = { .seed = options->seed,
                             .repeat = options->repeat,
                             .script = options->script,
                             .out = options->out,
                             .record = record,
                             .probe_path = self };

    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        self[0] = '\0';
    if (!probe_kind.open(&run, options->subject, why, sizeof(why))) {
        record_finish(record, STATUS_NOT_ACTIVE, "%s", why);
        return EXIT_GOOD;
    }
    probe_seal(&run, options->check, main_decide(&run, options->check));
    return EXIT_GOOD;
}

/* Without a record: for people, with a debugger around this process. */
static int main_by_hand(const struct probe_options *options)
{
    static struct record record;
    int result = main_run(options, &record);

    printf("%s: %s%s%s%s%s\n", record.requirement,
           status_word((enum status)record.status),
           *record.outcome != '\0' ? " " : "", record.outcome,
           *record.message != '\0' ? ": " : "", record.message);
    return options->script != NULL && record.status == STATUS_WRONG_OUTPUT
               ? EXIT_FAILED
               : result;
}

int main(int argc, char **argv)
{
    struct probe_options options;

    if (argc < 1 || probe_options_parse(&options, argv + 1) != 0)
        return EXIT_USAGE;
    switch (options.task) {
    case PROBE_HELP:
        main_help();
        return EXIT_GOOD;
    case PROBE_LIST:
        probe_list_print();
        return EXIT_GOOD;
    case PROBE_RUN:
        break;
    }
    probe_set_patience(options.patience);
    if (options.bare)
        return options.check->bare != NULL
                   ? options.check->bare(options.subject)
                   : EXIT_USAGE;
    return main_record != NULL ? main_run(&options, main_record)
                               : main_by_hand(&options);
}
