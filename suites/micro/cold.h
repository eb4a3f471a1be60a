/* cold.h - takes the time of the process's first allocation, once. */
#ifndef ASSAY_MICRO_COLD_H
#define ASSAY_MICRO_COLD_H

#include <stddef.h>

void cold_take(size_t size);

#endif
