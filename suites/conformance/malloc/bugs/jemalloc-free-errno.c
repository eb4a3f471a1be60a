/* jemalloc 5.3.0: ERR-4: free leaves in errno what the kernel said to its
 * madvise, where POSIX.1-2024 wants errno untouched. A sandbox that refuses
 * madvise makes it so every time. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { BLOCKS = 8 };

static void refuse_madvise(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { 4, rules };

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(void)
{
    static void *blocks[BLOCKS];

    refuse_madvise();
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            blocks[i] = malloc((size_t)1 << 20 << i % 4);
            memset(blocks[i], 1, (size_t)1 << 20 << i % 4);
        }
        for (int i = 0; i < BLOCKS; i++) {
            errno = 0;
            free(blocks[i]);
            if (errno != 0) {
                printf("free left errno %d\n", errno);
                return 1;
            }
        }
    }
    return 0;
}
