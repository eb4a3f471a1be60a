/* list.h - what the cell program can run, as one JSON document on stdout. */
#ifndef ASSAY_CELL_LIST_H
#define ASSAY_CELL_LIST_H

/* Uses stdio, and so malloc: never in a process that measures. */
void cell_list_print(void);

#endif
