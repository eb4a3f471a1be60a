/* process_memory.h - what the kernel says of this process's own memory.
 *
 * System calls and the stack only: it may be called where an allocation would
 * disturb what is measured. One call costs some 20 us. */
#ifndef ASSAY_PROCESS_MEMORY_H
#define ASSAY_PROCESS_MEMORY_H

#include <stdint.h>

/* Bytes of a line of /proc/self/status given in kB, e.g. "VmHWM" (the most
 * that was ever resident) or "VmRSS". 0 when it cannot be read. */
uint64_t process_memory_bytes(const char *field);

#endif
