/* hang.h - where a process hangs, in one line.
 *
 * A signal that makes the process print its own stack would run within the
 * subject; so it is looked at from outside: by eu-stack or gdb where one of
 * them is installed and may attach, else by what /proc tells (the kernel
 * function it waits in, or that it runs). */
#ifndef ASSAY_HANG_H
#define ASSAY_HANG_H

#include <sys/types.h>

enum { HANG_ROOM = 1024 };

/* Fills `text`, HANG_ROOM bytes of shared memory: "pause < hang < malloc <
 * ...", innermost first, of the main thread. Runs in the supervisor's keeper;
 * takes a few seconds at most. */
void hang_describe(pid_t process, void *text);

#endif
