/* bound.h - which object a call of malloc reaches in this process.
 *
 * dlsym cannot tell: in an executable that is linked at a fixed address and
 * takes the address of malloc, it finds the executable's own stub (python3
 * and cc1 of Debian are such). What a call is bound to stands in the slot
 * that the loader filled for it, so the slots of this very library are read. */
#ifndef ASSAY_PRELOAD_BOUND_H
#define ASSAY_PRELOAD_BOUND_H

/* The address that a call of `function` (malloc, calloc, realloc or free)
 * reaches; never NULL in a process that has a C library. */
void *bound_address(const char *function);

/* The path of the object that defines `address`, "" for the executable. */
const char *bound_object(void *address);

#endif
