/* guide_rows.c - prints the rows of the guide for guide_oracle.py: block,
 * expression, text, the answers of py313 and py311, and why these differ from
 * the text, if they are meant to; with tabs between. */
#include "guide.h"

#include <stdlib.h>

int main(void)
{
    const struct guide_row *row;
    for (size_t i = 0; (row = guide_row(i)); i++) {
        char *new = guide_answer(row, "py313");
        char *old = guide_answer(row, "py311");
        printf("%s\t%s\t%s\t%s\t%s\t%s\n", row->block, row->expression,
               row->text, new, old, row->why ? row->why : "");
        free(new);
        free(old);
    }
    return 0;
}
