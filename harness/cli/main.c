/* main.c - `assay`: chooses the subcommand. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "text.h"

struct command {
    const char *name;
    int (*run)(int count, char **words);
    const char *summary;
};

static const struct command commands[] = {
    { "list", command_list, "what can be compared, and on what" },
    { "check", command_check, "does a malloc do what it must?" },
    { "explain", command_explain, "what a requirement wants, and why" },
    { "bench", command_bench, "subjects on workloads and real programs" },
    { "run", command_run, "a program of yours under each subject" },
    { "compare", command_compare, "what changed between two campaigns" },
    { "report", command_report, "a page of campaigns, with plots" },
};

static void print_help(FILE *out)
{
    fputs("Usage: assay COMMAND [OPTION...]\n"
          "Tells whether a memory allocator is right, and what it costs, with "
          "evidence.\n\n",
          out);
    for (size_t i = 0; i < TEXT_COUNT(commands); i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
    fputs("\n  assay COMMAND --help    the options of a command\n"
          "  assay --version\n\n"
          "  assay list\n"
          "  assay check ./libmine.so\n"
          "  assay bench --quick --subjects ./libmine.so,jemalloc\n"
          "  assay run --subjects jemalloc,mimalloc -- ./my-program --args\n\n"
          "Exit status: 0 good; 1 a finding; 2 wrong usage; 3 assay itself "
          "failed.\n",
          out);
}

static int unknown(const char *word)
{
    char **names = text_split("");
    char *nearest;

    for (size_t i = 0; i < TEXT_COUNT(commands); i++)
        names = text_list_add(names, text_copy(commands[i].name));
    nearest = text_nearest(word, names);
    fprintf(stderr,
            "assay: unknown command '%s'%s%s\n'assay --help' shows "
            "the commands.\n",
            word, *nearest != '\0' ? "; " : "", nearest);
    free(nearest);
    text_list_free(names);
    return EXIT_USAGE;
}

/* So that errors and usage name "assay bench", not the whole path. */
static int dispatch(const struct command *command, int count, char **words)
{
    char *name = text_format("assay %s", command->name);
    int status;

    words[0] = name;
    status = command->run(count, words);
    free(name);
    return status;
}

int main(int count, char **words)
{
    argp_err_exit_status = EXIT_USAGE;
    if (count < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0 ||
        strcmp(words[1], "help") == 0) {
        print_help(stdout);
        return EXIT_GOOD;
    }
    if (strcmp(words[1], "--version") == 0) {
        puts("assay " ASSAY_VERSION);
        return EXIT_GOOD;
    }
    for (size_t i = 0; i < TEXT_COUNT(commands); i++)
        if (strcmp(words[1], commands[i].name) == 0)
            return dispatch(&commands[i], count - 1, words + 1);
    return unknown(words[1]);
}
