#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

long linux_spawn_on_socket(const char *program, const char *command, int *process) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) return -errno;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    // Its end becomes descriptor 0, and there is no other.
    int failed = posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
    if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(&actions, 1);
    char *arguments[] = {"avatar-backend", (char *)command, NULL};
    char *environment[] = {NULL};
    pid_t pid = 0;
    if (!failed) failed = posix_spawn(&pid, program, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (!failed && fcntl(ends[0], F_SETFL, O_NONBLOCK)) failed = errno;
    if (failed) {
        close(ends[0]);
        return -failed;
    }
    *process = (int)pid;
    return ends[0];
}

int linux_end_process(int process) {
    int status = 0;
    kill(process, SIGKILL);
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
    return status;
}

static void limit(int what, rlim_t most) {
    struct rlimit both = {.rlim_cur = most, .rlim_max = most};
    setrlimit(what, &both);
}

/// Address space at the start: what a decode may take comes on top.
static rlim_t base_bytes;

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#define FIELD(name) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define END BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define ALLOW_CALL(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), ALLOW

/// What libc needs to compute, to ask for memory, to talk over descriptor 0 and to end. All else is
/// refused, so that libc's own attempts (a time zone's file) only fail.
static int filter_calls(void) {
#ifdef OUR_ARCH
    struct sock_filter rules[] = {
        FIELD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
        END,
        FIELD(nr),
        // Memory that may be run as code is none of a decoder's.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 4),
        FIELD(args[2]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
        REFUSE,
        ALLOW,
        // Its own limits, not another process's.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 4),
        FIELD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        ALLOW,
        REFUSE,
        ALLOW_CALL(SYS_read), ALLOW_CALL(SYS_write), ALLOW_CALL(SYS_recvfrom),
        ALLOW_CALL(SYS_sendto), ALLOW_CALL(SYS_munmap), ALLOW_CALL(SYS_mremap),
        ALLOW_CALL(SYS_madvise), ALLOW_CALL(SYS_brk), ALLOW_CALL(SYS_futex),
        ALLOW_CALL(SYS_clock_gettime), ALLOW_CALL(SYS_getrandom), ALLOW_CALL(SYS_rt_sigreturn),
        ALLOW_CALL(SYS_rt_sigprocmask), ALLOW_CALL(SYS_exit), ALLOW_CALL(SYS_exit_group),
        ALLOW_CALL(SYS_restart_syscall),
        REFUSE,
    };
    struct sock_fprog program = {.len = sizeof rules / sizeof *rules, .filter = rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -errno;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0)) return -errno;
    return 0;
#else
    return -ENOSYS;
#endif
}

int linux_confine(uint64_t cpu_seconds) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    // No trace and no core of what a client sent.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    FILE *f = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;
    if (f) {
        if (fscanf(f, "%lu", &pages) != 1) pages = 0;
        fclose(f);
    }
    base_bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
    // Where memory is short it is this process that goes, not the server.
    f = fopen("/proc/self/oom_score_adj", "we");
    if (f) {
        fputs("1000", f);
        fclose(f);
    }
    // A crash ends the process. The language's own handlers, which would tell of it, could do
    // nothing once calls are filtered, and would be called again for ever.
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGQUIT};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], SIG_DFL);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CPU, cpu_seconds);
    limit(RLIMIT_NOFILE, 1);
    // What a decode may take is less, and set for each.
    if (base_bytes) limit(RLIMIT_AS, base_bytes + (1ull << 30));
    return filter_calls();
}

void linux_keep_memory(uint64_t bytes) {
    mallopt(M_MMAP_THRESHOLD, (int)(bytes / 2));
    mallopt(M_TRIM_THRESHOLD, (int)bytes);
}

void linux_limit_own_memory(uint64_t bytes) {
    struct rlimit now;
    if (!base_bytes || getrlimit(RLIMIT_AS, &now)) return;
    now.rlim_cur = base_bytes + bytes;
    if (now.rlim_cur > now.rlim_max) now.rlim_cur = now.rlim_max;
    setrlimit(RLIMIT_AS, &now);
}
