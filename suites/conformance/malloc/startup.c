/* startup.c - malloc before main, in odd surroundings, under real programs.
 * (INI) */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/exec.h"

/* The aid in a role, the subject preloaded. */
static enum verdict startup_run(struct check_run *run,
                                struct exec_request *request, const char *role,
                                const char *argument, struct exec_end *ret_end)
{
    const char *aid = check_beside(run, "assay-probe-aid");
    const char *argv[] = { aid, role, argument, NULL };
    int result;

    request->path = aid;
    request->argv = argv;
    result = check_exec(request, ret_end);
    request->argv = NULL;
    if (result != 0)
        return error(run, "the aid could not be started: %s",
                     strerror(-result));
    return VERDICT_PASS;
}

static bool startup_is_good(const struct exec_end *end)
{
    return !end->child.timed_out && end->child.signal == 0 &&
           end->child.status == 0;
}

CHECK(INI_1, MUST, "malloc works before main, from the first constructor on",
      "C23 7.24.3 has no condition of time; System V ABI, DT_PREINIT_ARRAY",
      .why = "A program's .preinit_array runs before the allocator's own "
             "constructors, and libraries' constructors run in an order that "
             "nobody chose. Blocks of all four places are verified and freed "
             "by main().")
{
    struct exec_request request = { .set = "ASSAY_AID_EARLY=allocate" };
    struct exec_end end;
    enum verdict verdict = startup_run(run, &request, "early", NULL, &end);

    if (verdict != VERDICT_PASS)
        return verdict;
    return startup_is_good(&end)
               ? pass(run)
               : fail(run, "the process %s", check_exec_words(&end));
}

/* ---- INI-2 ---- */

/* The hooks, or the one of that setting, preloaded behind the subject or
 * before it. */
static enum verdict startup_hooked(struct check_run *run, bool before,
                                   const char *setting, struct exec_end *end)
{
    const char *hooks = check_beside(run, "assay-probe-aid-hooks.so");
    struct exec_request request = {
        .preload_before = before ? hooks : NULL,
        .preload_after = before ? NULL : hooks,
        .set = setting,
        .timeout_ms = 3000,
    };

    return startup_run(run, &request, "work", NULL, end);
}

static enum verdict startup_blame(struct check_run *run, bool before)
{
    static const char *const settings[] = {
        "ASSAY_AID_HOOK=getenv",
        "ASSAY_AID_HOOK=secure_getenv",
        "ASSAY_AID_HOOK=sysconf",
        "ASSAY_AID_HOOK=open",
        "ASSAY_AID_HOOK=readlink",
        "ASSAY_AID_HOOK=dl_iterate_phdr",
        "ASSAY_AID_HOOK=__register_atfork",
        "ASSAY_AID_HOOK=__cxa_atexit",
    };
    struct exec_end end;

    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
        enum verdict verdict = startup_hooked(run, before, settings[i], &end);

        if (verdict != VERDICT_PASS)
            return verdict;
        if (!startup_is_good(&end))
            return fail(run,
                        "%s allocates, in a library preloaded %s it: the "
                        "process %s",
                        strchr(settings[i], '=') + 1,
                        before ? "before" : "behind", check_exec_words(&end));
    }
    return fail(run,
                "hooks that allocate, all together, in a library "
                "preloaded %s it: no end, or a crash",
                before ? "before" : "behind");
}

CHECK(
    INI_2, SHOULD, "starting the allocator stands malloc inside what it calls",
    "practice of preloads and tracers; bugs filed",
    .why = "While it starts, an allocator reads the environment, opens files "
           "of /proc, asks sysconf and registers handlers; a tracer's or a "
           "sanitizer's version of these allocates, and the start begins "
           "again inside itself (filed: jemalloc/jemalloc 144, 443, 585, 916, "
           "1426, 2505). A preload allocates in each of eight such "
           "calls, before the subject in the order of preloading and behind "
           "it.",
    .timeout_s = 40)
{
    for (int before = 0; before <= 1; before++) {
        struct exec_end end;
        enum verdict verdict = startup_hooked(run, before, NULL, &end);

        if (verdict != VERDICT_PASS)
            return verdict;
        if (!startup_is_good(&end))
            return startup_blame(run, before);
    }
    return pass(run);
}

CHECK(INI_3, MUST, "what the linker allocated before malloc was there is freed",
      "C23 7.24.3.3 for what the C library passes on; glibc elf/rtld",
      .profiles = "dropin",
      .why = "The dynamic linker begins with an allocator of its own, and "
             "later grows and frees such tables with the program's: search "
             "paths, lists of modules, vectors of thread-local storage. Forty "
             "modules come and go, with such storage, under a long search "
             "path; INI-4's programs do the rest.")
{
    struct exec_request request = {
        .set = "LD_LIBRARY_PATH=/nonexistent/a:/nonexistent/b:/lib:/usr/lib",
    };
    const char *module = check_beside(run, "assay-probe-aid-module.so");
    struct exec_end end;
    enum verdict verdict = startup_run(run, &request, "modules", module, &end);

    if (verdict != VERDICT_PASS)
        return verdict;
    if (end.child.signal == 0 && end.child.status == 77)
        return skip(run, "a module cannot be loaded from a memory file here");
    return startup_is_good(&end)
               ? pass(run)
               : fail(run, "the process %s", check_exec_words(&end));
}

/* ---- INI-4: real programs ---- */

struct startup_program {
    const char *name;
    const char *arguments[8];
    const char *input;
};

static const struct startup_program startup_programs[] = {
    { "ls", { "-1a", "/usr/bin" }, NULL },
    { "sh",
      { "-c", "i=0; x=; while [ $i -lt 400 ]; do i=$((i+1)); x=\"$x $i\"; "
              "done; echo $x" },
      NULL },
    { "bash",
      { "-c", "declare -A a; for i in {1..800}; do a[$i]=$((i*i)); done; "
              "for i in {1..800}; do printf '%s ' ${a[$i]}; done" },
      NULL },
    { "python3",
      { "-I", "-S", "-c",
        "d = {i: str(i) * 5 for i in range(20000)}; import json; "
        "print(len(json.dumps(d)), sorted(d.values())[:40])" },
      NULL },
    { "perl",
      { "-e", "for (1..20000) { $h{$_} = 'x' x ($_ % 90); } "
              "print join(',', map { length $h{$_} } sort keys %h);" },
      NULL },
    { "lua",
      { "-e", "t = {} for i = 1, 20000 do t[i] = tostring(i):rep(3) end "
              "print(#table.concat(t, ','))" },
      NULL },
    { "gcc",
      { "-O1", "-S", "-x", "c", "-o", "-", "-" },
      "struct s { int a[9]; }; int f(struct s *s, int n)\n"
      "{ int r = 0; for (int i = 0; i < n; i++) r += s->a[i % 9] * i;\n"
      "return r; } const char *g(int i) { static const char *t[] =\n"
      "{ \"a\", \"b\", \"c\" }; return t[i % 3]; }\n" },
    { "git",
      { "diff", "--no-index", "--stat", "/etc/passwd", "/etc/group" },
      NULL },
    { "tar",
      { "-cf", "-", "--sort=name", "--mtime=@0", "-C", "/etc", "passwd",
        "group" },
      NULL },
    { "sort", { "-k1,1r", "-u", "/etc/passwd", "/etc/group" }, NULL },
};

static const char *startup_find(const char *name, char *path, size_t bytes)
{
    static const char *const folders[] = { "/usr/bin", "/bin",
                                           "/usr/local/bin" };

    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        snprintf(path, bytes, "%s/%s", folders[i], name);
        if (access(path, X_OK) == 0)
            return path;
    }
    return NULL;
}

/* Under the subject and under the C library's malloc; FAIL when they differ
 * in output or status. */
static enum verdict startup_compare(struct check_run *run,
                                    const struct startup_program *program,
                                    const char *path)
{
    const char *argv[10] = { path };
    struct exec_request request = {
        .path = path, .argv = argv, .input = program->input, .timeout_ms = 20000
    };
    struct exec_end with, without;
    bool same;

    for (size_t i = 0; i < 8; i++)
        argv[i + 1] = program->arguments[i];
    request.preload = EXEC_NO_SUBJECT;
    if (check_exec(&request, &without) != 0)
        return error(run, "%s could not be started", path);
    request.preload = EXEC_SUBJECT;
    if (check_exec(&request, &with) != 0)
        return error(run, "%s could not be started", path);
    same = with.child.signal == without.child.signal &&
           with.child.status == without.child.status && !with.child.timed_out &&
           with.output_bytes == without.output_bytes &&
           memcmp(with.output, without.output, with.output_bytes) == 0;
    if (!same && (with.child.signal != 0 || with.child.timed_out ||
                  with.child.status != without.child.status))
        return fail(run, "%s %s; with the C library's malloc the status is %d",
                    path, check_exec_words(&with), without.child.status);
    if (!same)
        return fail(run,
                    "%s prints %zu bytes, with the C library's malloc "
                    "%zu, and they differ",
                    path, with.output_bytes, without.output_bytes);
    check_exec_release(&with);
    check_exec_release(&without);
    return VERDICT_PASS;
}

CHECK(INI_4, MUST, "real programs print the same under the subject",
      "C23 7.24.3: they ask no more than that",
      .why = "Ten programs that everybody has do what no test thinks of. "
             "Output and exit status are compared with those under the C "
             "library's malloc; programs that are not there are left out.",
      .timeout_s = 60)
{
    unsigned count = 0;

    for (size_t i = 0; i < sizeof(startup_programs) / sizeof(*startup_programs);
         i++) {
        const struct startup_program *program = &startup_programs[i];
        char path[64];
        enum verdict verdict;

        if (startup_find(program->name, path, sizeof(path)) == NULL)
            continue;
        verdict = startup_compare(run, program, path);
        if (verdict != VERDICT_PASS)
            return verdict;
        count++;
    }
    figure(run, "programs", count);
    return count > 0 ? pass(run) : skip(run, "none of the programs is here");
}

/* ---- INI-5: odd surroundings ---- */

static int startup_close_streams(void *given)
{
    (void)given;
    return close(0) | close(1) | close(2);
}

static int startup_read_only_folder(void *given)
{
    (void)given;
    return chdir("/proc/self") == 0 ? 0 : chdir("/");
}

static const struct startup_place {
    const char *name;
    struct exec_request request;
} startup_places[] = {
    { "an empty environment", { .bare = true } },
    { "descriptors 0 to 2 closed", { .prepare = startup_close_streams } },
    { "a folder that cannot be written",
      { .prepare = startup_read_only_folder } },
    { "no descriptor to be had", { .set = "ASSAY_AID_EARLY=nofile" } },
    { "LANG=C", { .set = "LANG=C" } },
};

CHECK(INI_5, SHOULD, "malloc needs no environment, descriptors or folder",
      "practice of daemons, init programs and sandboxes; no clause",
      .why = "An allocator that reads settings or /proc must do without: "
             "daemons close their streams, sandboxes give no descriptors, and "
             "init starts with an empty environment. One that prints to a "
             "descriptor which is by then a file of the program's corrupts "
             "it.")
{
    for (size_t i = 0; i < sizeof(startup_places) / sizeof(*startup_places);
         i++) {
        struct exec_request request = startup_places[i].request;
        struct exec_end end;
        enum verdict verdict = startup_run(run, &request, "work", NULL, &end);

        if (verdict != VERDICT_PASS)
            return verdict;
        if (!startup_is_good(&end))
            return fail(run, "with %s the process %s", startup_places[i].name,
                        check_exec_words(&end));
    }
    return pass(run);
}

/* A mount namespace of its own, where /proc is an empty folder. */
static int startup_hide_proc(void *given)
{
    (void)given;
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return -1;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return -1;
    return mount("none", "/proc", "tmpfs", 0, NULL);
}

CHECK(INI_5b, SHOULD, "malloc needs no /proc", "practice of chroot jails",
      .why = "In a chroot without /proc and /sys, what an allocator reads "
             "there is missing; it must start with what it would assume "
             "otherwise. Tried in a mount namespace whose /proc is empty; "
             "skipped where none may be made.")
{
    struct exec_request request = { .prepare = startup_hide_proc };
    struct exec_end end;
    enum verdict verdict = startup_run(run, &request, "work", NULL, &end);

    if (verdict != VERDICT_PASS)
        return verdict;
    if (end.child.signal == 0 && end.child.status == EXEC_UNPREPARED)
        return skip(run, "no mount namespace may be made here");
    return startup_is_good(&end)
               ? pass(run)
               : fail(run, "the process %s", check_exec_words(&end));
}

/* ---- INI-6: linked, not preloaded ---- */

static const char startup_source[] =
    "#include <stdlib.h>\n#include <string.h>\n"
    "int main(void) { char *p[999]; for (int r = 0; r < 20; r++) {\n"
    "for (int i = 0; i < 999; i++) { p[i] = malloc(i + 1);\n"
    "if (!p[i]) return 1; memset(p[i], i, i + 1); }\n"
    "for (int i = 0; i < 999; i++) { if (p[i][i] != (char)i) return 2;\n"
    "free(p[i]); } } return 0; }\n";

/* "/usr/lib/libx.so.2" -> "/usr/lib/libx.a". */
static bool startup_archive(const struct check_run *run, char *path,
                            size_t bytes)
{
    const char *suffix = strstr(run->subject_path, ".so");
    struct stat file;

    if (suffix == NULL)
        return false;
    snprintf(path, bytes, "%.*s.a", (int)(suffix - run->subject_path),
             run->subject_path);
    return stat(path, &file) == 0;
}

static enum verdict startup_link(struct check_run *run, const char *compiler,
                                 const char *archive, const char *how)
{
    char program[] = "/tmp/assay-static-XXXXXX";
    int fd = mkstemp(program);
    const char *link[] = { compiler, how,    "-x",    "c",         "-",
                           "-x",     "none", archive, "-lpthread", "-lstdc++",
                           "-lm",    "-o",   program, NULL };
    struct exec_request request = { .path = compiler,
                                    .argv = link,
                                    .preload = EXEC_NO_SUBJECT,
                                    .input = startup_source,
                                    .timeout_ms = 20000 };
    const char *argv[] = { program, NULL };
    enum verdict verdict = VERDICT_PASS;
    struct exec_end end;

    if (fd < 0)
        return skip(run, "no file can be written to /tmp");
    close(fd);
    if (check_exec(&request, &end) != 0 || !startup_is_good(&end)) {
        verdict = skip(run, "%s %s cannot be linked here", archive, how);
    } else {
        request = (struct exec_request){ .path = program,
                                         .argv = argv,
                                         .preload = EXEC_NO_SUBJECT };
        if (check_exec(&request, &end) != 0 || !startup_is_good(&end))
            verdict = fail(run, "a program linked with %s %s", how,
                           check_exec_words(&end));
    }
    unlink(program);
    return verdict;
}

CHECK(INI_6, QUALITY, "a program linked statically with it works",
      "link mode; glibc malloc/tst-aligned-alloc-static",
      .why = "In a static program there is no dynamic linker to help, and "
             "thread-local storage is set up late. Asked only where an archive "
             "lies beside the library and a compiler is there.",
      .timeout_s = 60)
{
    char archive[560], compiler[64];
    enum verdict verdict;

    if (!startup_archive(run, archive, sizeof(archive)))
        return skip(run, "no archive to link lies beside the library");
    if (startup_find("cc", compiler, sizeof(compiler)) == NULL)
        return skip(run, "there is no compiler");
    verdict = startup_link(run, compiler, archive, "-static");
    if (verdict == VERDICT_PASS)
        verdict = startup_link(run, compiler, archive, "-static-pie");
    return verdict == VERDICT_PASS ? pass(run) : verdict;
}
