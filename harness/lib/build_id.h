/* build_id.h - which build of a library is loaded. */
#ifndef ASSAY_BUILD_ID_H
#define ASSAY_BUILD_ID_H

#include <stddef.h>

/* The GNU build id, in hexadecimal, of the object that this address lies in;
 * "" where it has none. Makes no allocation. */
void build_id_of(const void *address, char *ret_text, size_t room);

#endif
