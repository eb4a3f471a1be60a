/* machine.h - what a figure was measured on, and whether it was quiet.
 *
 * Reads /proc and /sys; what is not there is null in the JSON. */
#ifndef ASSAY_MACHINE_H
#define ASSAY_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Kernel, processors, memory, huge pages, address randomisation, control
 * groups, C library, build. New reference. */
json_t *machine_fingerprint(void);

/* Processors this process may run on. */
unsigned machine_processors(void);

/* Bytes that can be taken without swapping: MemAvailable, or what the control
 * group leaves, whichever is less. */
uint64_t machine_memory_available(void);

/* How busy others keep the machine. */
struct machine_load {
    double load_average;  /* over one minute */
    unsigned runnable;    /* threads that want a processor, ours included */
    uint64_t steal_ticks; /* taken by the hypervisor, since boot */
    uint64_t total_ticks; /* of all processors, since boot */
};

struct machine_load machine_load_read(void);

/* Share of processor time stolen between two looks, 0..1. */
double machine_steal_share(struct machine_load before,
                           struct machine_load after);

/* Why figures from this machine deserve doubt now, or NULL when it is quiet.
 * The caller frees. */
char *machine_busy(struct machine_load load);

#endif
