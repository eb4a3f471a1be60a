/* statistics_control.c - the simulation notices methods that break the rates.
 *
 * A simulation that passes everything proves nothing: these are the controls.
 */
#include <criterion/criterion.h>

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs the simulation; its exit status, or -1 when it did not exit. The path
 * comes from meson, so that the tests also run from elsewhere. */
static int simulate(char *const *options)
{
    char *program = getenv("STATISTICS_SIMULATION");
    cr_assert_not_null(program, "set STATISTICS_SIMULATION to the path of "
                                "statistics-simulation");
    char *argv[8] = { program };
    for (size_t i = 0; options[i] != NULL; i++)
        argv[i + 1] = options[i];
    pid_t pid;
    int status;
    cr_assert_eq(posix_spawn(&pid, program, NULL, NULL, argv, environ), 0);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(control, rows_judged_without_holm_break_the_bound)
{
    char *options[] = { "--campaigns", "30", "--bounded", "--no-holm", NULL };
    cr_expect_eq(simulate(options), 1);
}

Test(control, a_percentile_bootstrap_of_the_median_breaks_the_bound)
{
    char *options[] = { "--campaigns", "30",        "--bounded",
                        "--method",    "bootstrap", NULL };
    cr_expect_eq(simulate(options), 1);
}

Test(control, an_option_it_does_not_know_is_neither)
{
    char *options[] = { "--method", "guess", NULL };
    cr_expect_eq(simulate(options), 2);
}
