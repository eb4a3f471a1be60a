/* planted.h - which fault of faults.h is planted: -DFAULT=name compiles it in,
 * and PLANTED() is constant, so that nothing else changes. */
#ifndef ASSAY_PLAIN_GC_PLANTED_H
#define ASSAY_PLAIN_GC_PLANTED_H

#include "faults.h"

#define FAULT_NUMBER(name, aim, what) FAULT_##name,
enum fault { FAULT_none, FAULTS(FAULT_NUMBER) };

#define FAULT_JOIN(name) FAULT_##name
#define FAULT_OF(name)   FAULT_JOIN(name)
#define PLANTED(name)    (FAULT_OF(FAULT) == FAULT_##name)

#endif
