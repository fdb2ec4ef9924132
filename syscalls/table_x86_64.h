/* SPDX-License-Identifier: Apache-2.0
 *
 * Every system call number of Linux 6.x on x86-64, in order of number. Included by table.c alone.
 *
 *	FULL(number, name, kind of result, note, arguments...)   handler sys_<name>, complete
 *	PART(...)   handler with the limits that the note names
 *	NONE(...)   not there yet: ENOSYS, logged once
 *	NOSYS(...)  Linux itself answers ENOSYS: removed, of other processors, or configured out
 *	DENY(number, name, errno, ...)   answers as Linux does to who may not
 *
 * A(kind, name) and AX(kind, x, name) describe an argument: see enum arg_kind in syscall.h.
 */
FULL(0, read, LONG, NULL, A(FD, fd), AX(BUF_OUT, 2, buf), A(SIZE, count))
FULL(1, write, LONG, NULL, A(FD, fd), AX(BUF_IN, 2, buf), A(SIZE, count))
FULL(2, open, FD, NULL, A(PATH, path), AX(FLAGS, FL_OPEN, flags), A(OCTAL, mode))
FULL(3, close, LONG, NULL, A(FD, fd))
FULL(4, stat, LONG, NULL, A(PATH, path), AX(STRUCT_OUT, ST_STAT, statbuf))
FULL(5, fstat, LONG, NULL, A(FD, fd), AX(STRUCT_OUT, ST_STAT, statbuf))
FULL(6, lstat, LONG, NULL, A(PATH, path), AX(STRUCT_OUT, ST_STAT, statbuf))
FULL(7, poll, LONG, NULL, A(ADDR, fds), A(UINT, nfds), A(INT, timeout))
FULL(8, lseek, LONG, NULL, A(FD, fd), A(OFF, offset), AX(ENUM, FL_SEEK, whence))
FULL(9, mmap, ADDR, NULL, A(ADDR, addr), A(SIZE, length), AX(FLAGS, FL_PROT, prot),
     AX(FLAGS, FL_MMAP, flags), A(FD, fd), A(OFF, offset))
FULL(10, mprotect, LONG, NULL, A(ADDR, addr), A(SIZE, len), AX(FLAGS, FL_PROT, prot))
FULL(11, munmap, LONG, NULL, A(ADDR, addr), A(SIZE, length))
FULL(12, brk, ADDR, NULL, A(ADDR, brk))
FULL(13, rt_sigaction, LONG, NULL, A(SIGNAL, signum), AX(STRUCT_IN, ST_SIGACTION, act),
     AX(STRUCT_OUT, ST_SIGACTION, oldact), A(SIZE, sigsetsize))
FULL(14, rt_sigprocmask, LONG, NULL, AX(ENUM, FL_SIGHOW, how), AX(STRUCT_IN, ST_SIGSET, set),
     AX(STRUCT_OUT, ST_SIGSET, oldset), A(SIZE, sigsetsize))
FULL(15, rt_sigreturn, LONG, NULL)
PART(16, ioctl, LONG, "terminals, files and sockets; each unknown request is logged once",
     A(FD, fd), AX(ENUM, FL_IOCTL, op), A(ADDR, argp))
FULL(17, pread64, LONG, NULL, A(FD, fd), AX(BUF_OUT, 2, buf), A(SIZE, count), A(OFF, offset))
FULL(18, pwrite64, LONG, NULL, A(FD, fd), AX(BUF_IN, 2, buf), A(SIZE, count), A(OFF, offset))
FULL(19, readv, LONG, NULL, A(FD, fd), AX(IOV_OUT, 2, iov), A(INT, iovcnt))
FULL(20, writev, LONG, NULL, A(FD, fd), AX(IOV_IN, 2, iov), A(INT, iovcnt))
FULL(21, access, LONG, NULL, A(PATH, path), AX(FLAGS, FL_ACCESS, mode))
FULL(22, pipe, LONG, NULL, AX(STRUCT_OUT, ST_INT2, pipefd))
FULL(23, select, LONG, NULL, A(INT, nfds), A(ADDR, readfds), A(ADDR, writefds),
     A(ADDR, exceptfds), AX(STRUCT_INOUT, ST_TIMEVAL, timeout))
FULL(24, sched_yield, LONG, NULL)
FULL(25, mremap, ADDR, NULL, A(ADDR, old_addr), A(SIZE, old_size), A(SIZE, new_size),
     AX(FLAGS, FL_MREMAP, flags), A(ADDR, new_addr))
FULL(26, msync, LONG, NULL, A(ADDR, addr), A(SIZE, length), AX(FLAGS, FL_MSYNC, flags))
FULL(27, mincore, LONG, NULL, A(ADDR, addr), A(SIZE, length), A(ADDR, vec))
FULL(28, madvise, LONG, NULL, A(ADDR, addr), A(SIZE, length), AX(ENUM, FL_MADV, advice))
FULL(29, shmget, LONG, NULL, AX(ENUM, FL_IPCKEY, key), A(SIZE, size), AX(FLAGS, FL_SHMGET, shmflg))
FULL(30, shmat, ADDR, NULL, A(INT, shmid), A(ADDR, shmaddr), AX(FLAGS, FL_SHMAT, shmflg))
PART(31, shmctl, LONG, "SHM_LOCK is accounted, not locked on the host", A(INT, shmid),
     AX(ENUM, FL_SHMCTL, op), A(ADDR, buf))
FULL(32, dup, FD, NULL, A(FD, oldfd))
FULL(33, dup2, FD, NULL, A(FD, oldfd), A(FD, newfd))
FULL(34, pause, LONG, NULL)
FULL(35, nanosleep, LONG, NULL, AX(STRUCT_IN, ST_TIMESPEC, duration),
     AX(STRUCT_OUT, ST_TIMESPEC, rem))
FULL(36, getitimer, LONG, NULL, AX(ENUM, FL_ITIMER, which), AX(STRUCT_OUT, ST_ITIMERVAL, value))
FULL(37, alarm, LONG, NULL, A(UINT, seconds))
FULL(38, setitimer, LONG, NULL, AX(ENUM, FL_ITIMER, which), AX(STRUCT_IN, ST_ITIMERVAL, new),
     AX(STRUCT_OUT, ST_ITIMERVAL, old))
FULL(39, getpid, LONG, NULL)
FULL(40, sendfile, LONG, NULL, A(FD, out_fd), A(FD, in_fd), A(ADDR, offset), A(SIZE, count))
PART(41, socket, FD, "AF_UNIX alone", AX(ENUM, FL_AF, domain), A(HEX, type), A(INT, protocol))
PART(42, connect, LONG, "AF_UNIX alone", A(FD, sockfd), A(ADDR, addr), A(UINT, addrlen))
PART(43, accept, FD, "AF_UNIX alone", A(FD, sockfd), A(ADDR, addr), A(ADDR, addrlen))
PART(44, sendto, LONG, "AF_UNIX alone", A(FD, sockfd), AX(BUF_IN, 2, buf), A(SIZE, len),
     AX(FLAGS, FL_MSG, flags), A(ADDR, addr), A(UINT, addrlen))
PART(45, recvfrom, LONG, "AF_UNIX alone", A(FD, sockfd), AX(BUF_OUT, 2, buf), A(SIZE, len),
     AX(FLAGS, FL_MSG, flags), A(ADDR, addr), A(ADDR, addrlen))
PART(46, sendmsg, LONG, "AF_UNIX alone", A(FD, sockfd), A(ADDR, msg), AX(FLAGS, FL_MSG, flags))
PART(47, recvmsg, LONG, "AF_UNIX alone", A(FD, sockfd), A(ADDR, msg), AX(FLAGS, FL_MSG, flags))
PART(48, shutdown, LONG, "AF_UNIX alone", A(FD, sockfd), A(INT, how))
PART(49, bind, LONG, "AF_UNIX alone", A(FD, sockfd), A(ADDR, addr), A(UINT, addrlen))
PART(50, listen, LONG, "AF_UNIX alone", A(FD, sockfd), A(INT, backlog))
PART(51, getsockname, LONG, "AF_UNIX alone", A(FD, sockfd), A(ADDR, addr), A(ADDR, addrlen))
PART(52, getpeername, LONG, "AF_UNIX alone", A(FD, sockfd), A(ADDR, addr), A(ADDR, addrlen))
FULL(53, socketpair, LONG, NULL, AX(ENUM, FL_AF, domain), A(HEX, type), A(INT, protocol),
     AX(STRUCT_OUT, ST_INT2, sv))
PART(54, setsockopt, LONG, "AF_UNIX alone", A(FD, sockfd), A(INT, level), A(INT, optname),
     A(ADDR, optval), A(UINT, optlen))
PART(55, getsockopt, LONG, "AF_UNIX alone", A(FD, sockfd), A(INT, level), A(INT, optname),
     A(ADDR, optval), A(ADDR, optlen))
PART(56, clone, LONG, "namespaces are refused", AX(FLAGS, FL_CLONE, flags), A(ADDR, stack),
     A(ADDR, parent_tid), A(ADDR, child_tid), A(ADDR, tls))
FULL(57, fork, LONG, NULL)
FULL(58, vfork, LONG, NULL)
FULL(59, execve, LONG, NULL, A(PATH, path), A(STRV, argv), A(STRV, envp))
FULL(60, exit, LONG, NULL, A(INT, status))
FULL(61, wait4, LONG, NULL, A(PID, pid), AX(STRUCT_OUT, ST_INT, wstatus),
     AX(FLAGS, FL_WAIT, options), AX(STRUCT_OUT, ST_RUSAGE, rusage))
FULL(62, kill, LONG, NULL, A(PID, pid), A(SIGNAL, sig))
FULL(63, uname, LONG, NULL, AX(STRUCT_OUT, ST_UTSNAME, buf))
FULL(64, semget, LONG, NULL, AX(ENUM, FL_IPCKEY, key), A(INT, nsems), AX(FLAGS, FL_IPCGET, semflg))
FULL(65, semop, LONG, NULL, A(INT, semid), AX(STRUCT_IN, ST_SEMBUF, sops), A(UINT, nsops))
FULL(66, semctl, LONG, NULL, A(INT, semid), A(INT, semnum), AX(ENUM, FL_SEMCTL, op), A(HEX, arg))
FULL(67, shmdt, LONG, NULL, A(ADDR, shmaddr))
FULL(68, msgget, LONG, NULL, AX(ENUM, FL_IPCKEY, key), AX(FLAGS, FL_IPCGET, msgflg))
FULL(69, msgsnd, LONG, NULL, A(INT, msqid), AX(STRUCT_IN, ST_MSGBUF, msgp), A(SIZE, msgsz),
     AX(FLAGS, FL_MSGOP, msgflg))
FULL(70, msgrcv, LONG, NULL, A(INT, msqid), AX(STRUCT_OUT, ST_MSGBUF, msgp), A(SIZE, msgsz),
     A(LONG, msgtyp), AX(FLAGS, FL_MSGOP, msgflg))
FULL(71, msgctl, LONG, NULL, A(INT, msqid), AX(ENUM, FL_MSGCTL, op), A(ADDR, buf))
FULL(72, fcntl, LONG, NULL, A(FD, fd), AX(ENUM, FL_FCNTL, op), A(HEX, arg))
FULL(73, flock, LONG, NULL, A(FD, fd), AX(FLAGS, FL_FLOCK, op))
FULL(74, fsync, LONG, NULL, A(FD, fd))
FULL(75, fdatasync, LONG, NULL, A(FD, fd))
FULL(76, truncate, LONG, NULL, A(PATH, path), A(OFF, length))
FULL(77, ftruncate, LONG, NULL, A(FD, fd), A(OFF, length))
FULL(78, getdents, LONG, NULL, A(FD, fd), A(ADDR, dirp), A(UINT, count))
FULL(79, getcwd, LONG, NULL, A(STR, buf), A(SIZE, size))
FULL(80, chdir, LONG, NULL, A(PATH, path))
FULL(81, fchdir, LONG, NULL, A(FD, fd))
FULL(82, rename, LONG, NULL, A(PATH, oldpath), A(PATH, newpath))
FULL(83, mkdir, LONG, NULL, A(PATH, path), A(OCTAL, mode))
FULL(84, rmdir, LONG, NULL, A(PATH, path))
FULL(85, creat, FD, NULL, A(PATH, path), A(OCTAL, mode))
FULL(86, link, LONG, NULL, A(PATH, oldpath), A(PATH, newpath))
FULL(87, unlink, LONG, NULL, A(PATH, path))
FULL(88, symlink, LONG, NULL, A(STR, target), A(PATH, linkpath))
FULL(89, readlink, LONG, NULL, A(PATH, path), AX(BUF_OUT, 2, buf), A(SIZE, bufsiz))
FULL(90, chmod, LONG, NULL, A(PATH, path), A(OCTAL, mode))
FULL(91, fchmod, LONG, NULL, A(FD, fd), A(OCTAL, mode))
FULL(92, chown, LONG, NULL, A(PATH, path), A(UID, owner), A(GID, group))
FULL(93, fchown, LONG, NULL, A(FD, fd), A(UID, owner), A(GID, group))
FULL(94, lchown, LONG, NULL, A(PATH, path), A(UID, owner), A(GID, group))
FULL(95, umask, OCTAL, NULL, A(OCTAL, mask))
FULL(96, gettimeofday, LONG, NULL, AX(STRUCT_OUT, ST_TIMEVAL, tv), A(ADDR, tz))
FULL(97, getrlimit, LONG, NULL, AX(ENUM, FL_RLIMIT, resource), AX(STRUCT_OUT, ST_RLIMIT, rlim))
FULL(98, getrusage, LONG, NULL, A(INT, who), AX(STRUCT_OUT, ST_RUSAGE, usage))
FULL(99, sysinfo, LONG, NULL, A(ADDR, info))
FULL(100, times, LONG, NULL, A(ADDR, buf))
PART(101, ptrace, LONG, "no hardware breakpoints, no branch steps",
     A(LONG, op), A(PID, pid), A(ADDR, addr), A(ADDR, data))
FULL(102, getuid, UID, NULL)
PART(103, syslog, LONG, "the log is empty; the host's isn't shown", A(INT, type),
     A(STR, bufp), A(INT, len))
FULL(104, getgid, GID, NULL)
FULL(105, setuid, LONG, NULL, A(UID, uid))
FULL(106, setgid, LONG, NULL, A(GID, gid))
FULL(107, geteuid, UID, NULL)
FULL(108, getegid, GID, NULL)
FULL(109, setpgid, LONG, NULL, A(PID, pid), A(PID, pgid))
FULL(110, getppid, LONG, NULL)
FULL(111, getpgrp, LONG, NULL)
FULL(112, setsid, LONG, NULL)
FULL(113, setreuid, LONG, NULL, A(UID, ruid), A(UID, euid))
FULL(114, setregid, LONG, NULL, A(GID, rgid), A(GID, egid))
FULL(115, getgroups, LONG, NULL, A(INT, size), A(ADDR, list))
FULL(116, setgroups, LONG, NULL, A(SIZE, size), A(ADDR, list))
FULL(117, setresuid, LONG, NULL, A(UID, ruid), A(UID, euid), A(UID, suid))
FULL(118, getresuid, LONG, NULL, A(ADDR, ruid), A(ADDR, euid), A(ADDR, suid))
FULL(119, setresgid, LONG, NULL, A(GID, rgid), A(GID, egid), A(GID, sgid))
FULL(120, getresgid, LONG, NULL, A(ADDR, rgid), A(ADDR, egid), A(ADDR, sgid))
FULL(121, getpgid, LONG, NULL, A(PID, pid))
FULL(122, setfsuid, LONG, NULL, A(UID, fsuid))
FULL(123, setfsgid, LONG, NULL, A(GID, fsgid))
FULL(124, getsid, LONG, NULL, A(PID, pid))
FULL(125, capget, LONG, NULL, A(ADDR, hdrp), A(ADDR, datap))
FULL(126, capset, LONG, NULL, A(ADDR, hdrp), A(ADDR, datap))
FULL(127, rt_sigpending, LONG, NULL, AX(STRUCT_OUT, ST_SIGSET, set), A(SIZE, sigsetsize))
FULL(128, rt_sigtimedwait, LONG, NULL, AX(STRUCT_IN, ST_SIGSET, set), A(ADDR, info),
     AX(STRUCT_IN, ST_TIMESPEC, timeout), A(SIZE, sigsetsize))
FULL(129, rt_sigqueueinfo, LONG, NULL, A(PID, tgid), A(SIGNAL, sig), A(ADDR, info))
FULL(130, rt_sigsuspend, LONG, NULL, AX(STRUCT_IN, ST_SIGSET, mask), A(SIZE, sigsetsize))
FULL(131, sigaltstack, LONG, NULL, A(ADDR, ss), A(ADDR, old_ss))
FULL(132, utime, LONG, NULL, A(PATH, path), A(ADDR, times))
FULL(133, mknod, LONG, NULL, A(PATH, path), A(OCTAL, mode), A(HEX, dev))
NOSYS(134, uselib, LONG, NULL, A(PATH, library))
PART(135, personality, LONG, "ADDR_NO_RANDOMIZE is honoured, the rest is only kept",
     A(HEX, persona))
FULL(136, ustat, LONG, NULL, A(HEX, dev), A(ADDR, ubuf))
FULL(137, statfs, LONG, NULL, A(PATH, path), A(ADDR, buf))
FULL(138, fstatfs, LONG, NULL, A(FD, fd), A(ADDR, buf))
FULL(139, sysfs, LONG, NULL, A(INT, option), A(ULONG, arg1), A(ULONG, arg2))
FULL(140, getpriority, LONG, NULL, A(INT, which), A(UINT, who))
PART(141, setpriority, LONG, "kept and checked, the host schedules", A(INT, which),
     A(UINT, who), A(INT, prio))
PART(142, sched_setparam, LONG, "kept and checked, the host schedules", A(PID, pid),
     A(ADDR, param))
FULL(143, sched_getparam, LONG, NULL, A(PID, pid), A(ADDR, param))
PART(144, sched_setscheduler, LONG, "kept and checked, the host schedules", A(PID, pid),
     A(INT, policy), A(ADDR, param))
FULL(145, sched_getscheduler, LONG, NULL, A(PID, pid))
FULL(146, sched_get_priority_max, LONG, NULL, A(INT, policy))
FULL(147, sched_get_priority_min, LONG, NULL, A(INT, policy))
FULL(148, sched_rr_get_interval, LONG, NULL, A(PID, pid), AX(STRUCT_OUT, ST_TIMESPEC, tp))
PART(149, mlock, LONG, "accounted, not locked on the host", A(ADDR, addr), A(SIZE, len))
PART(150, munlock, LONG, "accounted, not locked on the host", A(ADDR, addr), A(SIZE, len))
PART(151, mlockall, LONG, "accounted, not locked on the host", A(HEX, flags))
PART(152, munlockall, LONG, "accounted, not locked on the host")
DENY(153, vhangup, EPERM, LONG, NULL)
NOSYS(154, modify_ldt, LONG, "configured out", A(INT, func), A(ADDR, ptr), A(ULONG, bytecount))
FULL(155, pivot_root, LONG, NULL, A(PATH, new_root), A(PATH, put_old))
NOSYS(156, _sysctl, LONG, NULL, A(ADDR, args))
PART(157, prctl, LONG, "what isn't there answers EINVAL, as when configured out", A(INT, op),
     A(ULONG, arg2), A(ULONG, arg3), A(ULONG, arg4), A(ULONG, arg5))
PART(158, arch_prctl, LONG, "thread pointers; no shadow stacks, no dynamic XSAVE features",
     A(HEX, op), A(ADDR, addr))
PART(159, adjtimex, LONG, "reads only", A(ADDR, buf))
FULL(160, setrlimit, LONG, NULL, AX(ENUM, FL_RLIMIT, resource), AX(STRUCT_IN, ST_RLIMIT, rlim))
FULL(161, chroot, LONG, NULL, A(PATH, path))
FULL(162, sync, LONG, NULL)
DENY(163, acct, EPERM, LONG, NULL, A(PATH, filename))
FULL(164, settimeofday, LONG, NULL, AX(STRUCT_IN, ST_TIMEVAL, tv), A(ADDR, tz))
PART(165, mount, LONG, "tmpfs, proc, mqueue, bind, move and remount", A(STR, source), A(PATH, target),
     A(STR, fstype), A(HEX, flags), A(ADDR, data))
FULL(166, umount2, LONG, NULL, A(PATH, target), A(HEX, flags))
DENY(167, swapon, EPERM, LONG, NULL, A(PATH, path), A(HEX, flags))
DENY(168, swapoff, EPERM, LONG, NULL, A(PATH, path))
DENY(169, reboot, EPERM, LONG, NULL, A(HEX, magic), A(HEX, magic2), A(HEX, op), A(ADDR, arg))
FULL(170, sethostname, LONG, NULL, AX(BUF_IN, 1, name), A(SIZE, len))
FULL(171, setdomainname, LONG, NULL, AX(BUF_IN, 1, name), A(SIZE, len))
NOSYS(172, iopl, LONG, "configured out", A(INT, level))
NOSYS(173, ioperm, LONG, "configured out", A(ULONG, from), A(ULONG, num), A(INT, turn_on))
NOSYS(174, create_module, LONG, NULL)
NOSYS(175, init_module, LONG, "configured out", A(ADDR, image), A(ULONG, len), A(STR, params))
NOSYS(176, delete_module, LONG, "configured out", A(STR, name), A(HEX, flags))
NOSYS(177, get_kernel_syms, LONG, NULL)
NOSYS(178, query_module, LONG, NULL)
NOSYS(179, quotactl, LONG, "configured out", A(HEX, op), A(STR, special), A(UINT, id),
     A(ADDR, addr))
NOSYS(180, nfsservctl, LONG, NULL)
NOSYS(181, getpmsg, LONG, NULL)
NOSYS(182, putpmsg, LONG, NULL)
NOSYS(183, afs_syscall, LONG, NULL)
NOSYS(184, tuxcall, LONG, NULL)
NOSYS(185, security, LONG, NULL)
FULL(186, gettid, LONG, NULL)
FULL(187, readahead, LONG, NULL, A(FD, fd), A(OFF, offset), A(SIZE, count))
FULL(188, setxattr, LONG, NULL, A(PATH, path), A(STR, name), AX(BUF_IN, 3, value),
     A(SIZE, size), A(HEX, flags))
FULL(189, lsetxattr, LONG, NULL, A(PATH, path), A(STR, name), AX(BUF_IN, 3, value),
     A(SIZE, size), A(HEX, flags))
FULL(190, fsetxattr, LONG, NULL, A(FD, fd), A(STR, name), AX(BUF_IN, 3, value), A(SIZE, size),
     A(HEX, flags))
FULL(191, getxattr, LONG, NULL, A(PATH, path), A(STR, name), AX(BUF_OUT, 3, value), A(SIZE, size))
FULL(192, lgetxattr, LONG, NULL, A(PATH, path), A(STR, name), AX(BUF_OUT, 3, value),
     A(SIZE, size))
FULL(193, fgetxattr, LONG, NULL, A(FD, fd), A(STR, name), AX(BUF_OUT, 3, value), A(SIZE, size))
FULL(194, listxattr, LONG, NULL, A(PATH, path), AX(BUF_OUT, 2, list), A(SIZE, size))
FULL(195, llistxattr, LONG, NULL, A(PATH, path), AX(BUF_OUT, 2, list), A(SIZE, size))
FULL(196, flistxattr, LONG, NULL, A(FD, fd), AX(BUF_OUT, 2, list), A(SIZE, size))
FULL(197, removexattr, LONG, NULL, A(PATH, path), A(STR, name))
FULL(198, lremovexattr, LONG, NULL, A(PATH, path), A(STR, name))
FULL(199, fremovexattr, LONG, NULL, A(FD, fd), A(STR, name))
FULL(200, tkill, LONG, NULL, A(PID, tid), A(SIGNAL, sig))
FULL(201, time, LONG, NULL, A(ADDR, tloc))
PART(202, futex, LONG, "PI locks raise no priority: the host schedules", A(FUTEX, uaddr), AX(ENUM, FL_FUTEX, op),
     A(UINT, val), A(ADDR, timeout), A(FUTEX, uaddr2), A(UINT, val3))
PART(203, sched_setaffinity, LONG, "kept, the host schedules", A(PID, pid),
     A(SIZE, cpusetsize), A(ADDR, mask))
FULL(204, sched_getaffinity, LONG, NULL, A(PID, pid), A(SIZE, cpusetsize), A(ADDR, mask))
NOSYS(205, set_thread_area, LONG, NULL, A(ADDR, u_info))
NOSYS(206, io_setup, LONG, "configured out", A(UINT, nr_events), A(ADDR, ctx))
NOSYS(207, io_destroy, LONG, "configured out", A(ULONG, ctx))
NOSYS(208, io_getevents, LONG, "configured out", A(ULONG, ctx), A(LONG, min_nr), A(LONG, nr),
     A(ADDR, events), AX(STRUCT_IN, ST_TIMESPEC, timeout))
NOSYS(209, io_submit, LONG, "configured out", A(ULONG, ctx), A(LONG, nr), A(ADDR, iocbpp))
NOSYS(210, io_cancel, LONG, "configured out", A(ULONG, ctx), A(ADDR, iocb), A(ADDR, result))
NOSYS(211, get_thread_area, LONG, NULL, A(ADDR, u_info))
NOSYS(212, lookup_dcookie, LONG, NULL, A(ULONG, cookie), A(STR, buffer), A(SIZE, len))
FULL(213, epoll_create, FD, NULL, A(INT, size))
NOSYS(214, epoll_ctl_old, LONG, NULL)
NOSYS(215, epoll_wait_old, LONG, NULL)
NOSYS(216, remap_file_pages, LONG, "deprecated; Linux only emulates it", A(ADDR, addr),
     A(SIZE, size), AX(FLAGS, FL_PROT, prot), A(SIZE, pgoff), AX(FLAGS, FL_MMAP, flags))
FULL(217, getdents64, LONG, NULL, A(FD, fd), A(ADDR, dirp), A(UINT, count))
FULL(218, set_tid_address, LONG, NULL, A(ADDR, tidptr))
FULL(219, restart_syscall, LONG, NULL)
FULL(220, semtimedop, LONG, NULL, A(INT, semid), AX(STRUCT_IN, ST_SEMBUF, sops), A(UINT, nsops),
     AX(STRUCT_IN, ST_TIMESPEC, timeout))
FULL(221, fadvise64, LONG, NULL, A(FD, fd), A(OFF, offset), A(SIZE, len), A(INT, advice))
FULL(222, timer_create, LONG, NULL, A(CLOCK, clockid), A(ADDR, sevp), A(ADDR, timerid))
FULL(223, timer_settime, LONG, NULL, A(INT, timerid), A(HEX, flags),
     AX(STRUCT_IN, ST_ITIMERSPEC, new), AX(STRUCT_OUT, ST_ITIMERSPEC, old))
FULL(224, timer_gettime, LONG, NULL, A(INT, timerid), AX(STRUCT_OUT, ST_ITIMERSPEC, curr))
FULL(225, timer_getoverrun, LONG, NULL, A(INT, timerid))
FULL(226, timer_delete, LONG, NULL, A(INT, timerid))
FULL(227, clock_settime, LONG, NULL, A(CLOCK, clockid), AX(STRUCT_IN, ST_TIMESPEC, tp))
FULL(228, clock_gettime, LONG, NULL, A(CLOCK, clockid), AX(STRUCT_OUT, ST_TIMESPEC, tp))
FULL(229, clock_getres, LONG, NULL, A(CLOCK, clockid), AX(STRUCT_OUT, ST_TIMESPEC, res))
FULL(230, clock_nanosleep, LONG, NULL, A(CLOCK, clockid), A(HEX, flags),
     AX(STRUCT_IN, ST_TIMESPEC, t), AX(STRUCT_OUT, ST_TIMESPEC, rem))
FULL(231, exit_group, LONG, NULL, A(INT, status))
FULL(232, epoll_wait, LONG, NULL, A(FD, epfd), A(ADDR, events), A(INT, maxevents),
     A(INT, timeout))
FULL(233, epoll_ctl, LONG, NULL, A(FD, epfd), AX(ENUM, FL_EPOLL, op), A(FD, fd), A(ADDR, event))
FULL(234, tgkill, LONG, NULL, A(PID, tgid), A(PID, tid), A(SIGNAL, sig))
FULL(235, utimes, LONG, NULL, A(PATH, path), A(ADDR, times))
NOSYS(236, vserver, LONG, NULL)
NOSYS(237, mbind, LONG, "no NUMA", A(ADDR, addr), A(ULONG, len), A(INT, mode),
     A(ADDR, nodemask), A(ULONG, maxnode), A(HEX, flags))
NOSYS(238, set_mempolicy, LONG, "no NUMA", A(INT, mode), A(ADDR, nodemask), A(ULONG, maxnode))
NOSYS(239, get_mempolicy, LONG, "no NUMA", A(ADDR, mode), A(ADDR, nodemask), A(ULONG, maxnode),
     A(ADDR, addr), A(HEX, flags))
FULL(240, mq_open, FD, NULL, A(STR, name), AX(FLAGS, FL_OPEN, oflag), A(OCTAL, mode),
     AX(STRUCT_IN, ST_MQATTR, attr))
FULL(241, mq_unlink, LONG, NULL, A(STR, name))
FULL(242, mq_timedsend, LONG, NULL, A(FD, mqdes), AX(BUF_IN, 2, msg), A(SIZE, len), A(UINT, prio),
     AX(STRUCT_IN, ST_TIMESPEC, timeout))
FULL(243, mq_timedreceive, LONG, NULL, A(FD, mqdes), AX(BUF_OUT, 2, msg), A(SIZE, len),
     AX(STRUCT_OUT, ST_INT, prio), AX(STRUCT_IN, ST_TIMESPEC, timeout))
PART(244, mq_notify, LONG, "SIGEV_NONE and SIGEV_SIGNAL; SIGEV_THREAD needs netlink sockets",
     A(FD, mqdes), AX(STRUCT_IN, ST_SIGEVENT, sevp))
FULL(245, mq_getsetattr, LONG, NULL, A(FD, mqdes), AX(STRUCT_IN, ST_MQATTR, new),
     AX(STRUCT_OUT, ST_MQATTR, old))
DENY(246, kexec_load, EPERM, LONG, NULL, A(ADDR, entry), A(ULONG, nr), A(ADDR, segments),
     A(HEX, flags))
FULL(247, waitid, LONG, NULL, A(INT, idtype), A(PID, id), A(ADDR, infop),
     AX(FLAGS, FL_WAIT, options), AX(STRUCT_OUT, ST_RUSAGE, rusage))
NOSYS(248, add_key, LONG, "configured out", A(STR, type), A(STR, description),
     A(ADDR, payload), A(SIZE, plen), A(INT, keyring))
NOSYS(249, request_key, LONG, "configured out", A(STR, type), A(STR, description),
     A(STR, info), A(INT, keyring))
NOSYS(250, keyctl, LONG, "configured out", A(INT, op), A(ULONG, arg2), A(ULONG, arg3),
     A(ULONG, arg4), A(ULONG, arg5))
PART(251, ioprio_set, LONG, "kept, the host schedules", A(INT, which), A(INT, who),
     A(INT, ioprio))
FULL(252, ioprio_get, LONG, NULL, A(INT, which), A(INT, who))
FULL(253, inotify_init, FD, NULL)
FULL(254, inotify_add_watch, LONG, NULL, A(FD, fd), A(PATH, path), A(HEX, mask))
FULL(255, inotify_rm_watch, LONG, NULL, A(FD, fd), A(INT, wd))
NOSYS(256, migrate_pages, LONG, "no NUMA", A(PID, pid), A(ULONG, maxnode), A(ADDR, old),
     A(ADDR, new))
FULL(257, openat, FD, NULL, A(DIRFD, dirfd), A(PATH, path), AX(FLAGS, FL_OPEN, flags),
     A(OCTAL, mode))
FULL(258, mkdirat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(OCTAL, mode))
FULL(259, mknodat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(OCTAL, mode), A(HEX, dev))
FULL(260, fchownat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(UID, owner), A(GID, group),
     AX(FLAGS, FL_AT, flags))
FULL(261, futimesat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(ADDR, times))
FULL(262, newfstatat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path),
     AX(STRUCT_OUT, ST_STAT, statbuf), AX(FLAGS, FL_AT, flags))
FULL(263, unlinkat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), AX(FLAGS, FL_ATRM, flags))
FULL(264, renameat, LONG, NULL, A(DIRFD, olddirfd), A(PATH, oldpath), A(DIRFD, newdirfd),
     A(PATH, newpath))
FULL(265, linkat, LONG, NULL, A(DIRFD, olddirfd), A(PATH, oldpath), A(DIRFD, newdirfd),
     A(PATH, newpath), AX(FLAGS, FL_AT, flags))
FULL(266, symlinkat, LONG, NULL, A(STR, target), A(DIRFD, newdirfd), A(PATH, linkpath))
FULL(267, readlinkat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), AX(BUF_OUT, 3, buf),
     A(SIZE, bufsiz))
FULL(268, fchmodat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(OCTAL, mode))
FULL(269, faccessat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), AX(FLAGS, FL_ACCESS, mode))
FULL(270, pselect6, LONG, NULL, A(INT, nfds), A(ADDR, readfds), A(ADDR, writefds),
     A(ADDR, exceptfds), AX(STRUCT_INOUT, ST_TIMESPEC, timeout), A(ADDR, sigmask))
FULL(271, ppoll, LONG, NULL, A(ADDR, fds), A(UINT, nfds), AX(STRUCT_INOUT, ST_TIMESPEC, tmo),
     A(ADDR, sigmask), A(SIZE, sigsetsize))
PART(272, unshare, LONG, "files and directories; namespaces are refused",
     AX(FLAGS, FL_CLONE, flags))
FULL(273, set_robust_list, LONG, NULL, A(ADDR, head), A(SIZE, len))
FULL(274, get_robust_list, LONG, NULL, A(PID, pid), A(ADDR, head_ptr), A(ADDR, len_ptr))
PART(275, splice, LONG, "copies", A(FD, fd_in), A(ADDR, off_in), A(FD, fd_out),
     A(ADDR, off_out), A(SIZE, len), A(HEX, flags))
PART(276, tee, LONG, "copies", A(FD, fd_in), A(FD, fd_out), A(SIZE, len), A(HEX, flags))
FULL(277, sync_file_range, LONG, NULL, A(FD, fd), A(OFF, offset), A(OFF, nbytes), A(HEX, flags))
PART(278, vmsplice, LONG, "copies", A(FD, fd), A(ADDR, iov), A(SIZE, nr_segs), A(HEX, flags))
NOSYS(279, move_pages, LONG, "no NUMA", A(PID, pid), A(ULONG, count), A(ADDR, pages),
     A(ADDR, nodes), A(ADDR, status), A(HEX, flags))
FULL(280, utimensat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(ADDR, times),
     AX(FLAGS, FL_AT, flags))
FULL(281, epoll_pwait, LONG, NULL, A(FD, epfd), A(ADDR, events), A(INT, maxevents),
     A(INT, timeout), AX(STRUCT_IN, ST_SIGSET, sigmask), A(SIZE, sigsetsize))
FULL(282, signalfd, FD, NULL, A(FD, fd), AX(STRUCT_IN, ST_SIGSET, mask), A(SIZE, sizemask))
FULL(283, timerfd_create, FD, NULL, A(CLOCK, clockid), A(HEX, flags))
FULL(284, eventfd, FD, NULL, A(UINT, initval))
FULL(285, fallocate, LONG, NULL, A(FD, fd), A(HEX, mode), A(OFF, offset), A(OFF, len))
FULL(286, timerfd_settime, LONG, NULL, A(FD, fd), A(HEX, flags),
     AX(STRUCT_IN, ST_ITIMERSPEC, new), AX(STRUCT_OUT, ST_ITIMERSPEC, old))
FULL(287, timerfd_gettime, LONG, NULL, A(FD, fd), AX(STRUCT_OUT, ST_ITIMERSPEC, curr))
PART(288, accept4, FD, "AF_UNIX alone", A(FD, sockfd), A(ADDR, addr), A(ADDR, addrlen),
     A(HEX, flags))
FULL(289, signalfd4, FD, NULL, A(FD, fd), AX(STRUCT_IN, ST_SIGSET, mask), A(SIZE, sizemask),
     A(HEX, flags))
FULL(290, eventfd2, FD, NULL, A(UINT, initval), A(HEX, flags))
FULL(291, epoll_create1, FD, NULL, A(HEX, flags))
FULL(292, dup3, FD, NULL, A(FD, oldfd), A(FD, newfd), AX(FLAGS, FL_OPEN, flags))
FULL(293, pipe2, LONG, NULL, AX(STRUCT_OUT, ST_INT2, pipefd), AX(FLAGS, FL_OPEN, flags))
FULL(294, inotify_init1, FD, NULL, A(HEX, flags))
FULL(295, preadv, LONG, NULL, A(FD, fd), AX(IOV_OUT, 2, iov), A(INT, iovcnt), A(OFF, offset),
     A(ULONG, pos_h))
FULL(296, pwritev, LONG, NULL, A(FD, fd), AX(IOV_IN, 2, iov), A(INT, iovcnt), A(OFF, offset),
     A(ULONG, pos_h))
FULL(297, rt_tgsigqueueinfo, LONG, NULL, A(PID, tgid), A(PID, tid), A(SIGNAL, sig), A(ADDR, info))
NOSYS(298, perf_event_open, FD, "configured out", A(ADDR, attr), A(PID, pid), A(INT, cpu),
     A(FD, group_fd), A(HEX, flags))
PART(299, recvmmsg, LONG, "AF_UNIX alone", A(FD, sockfd), A(ADDR, msgvec), A(UINT, vlen),
     AX(FLAGS, FL_MSG, flags), AX(STRUCT_IN, ST_TIMESPEC, timeout))
NOSYS(300, fanotify_init, FD, "configured out", A(HEX, flags), A(HEX, event_f_flags))
NOSYS(301, fanotify_mark, LONG, "configured out", A(FD, fd), A(HEX, flags), A(HEX, mask),
     A(DIRFD, dirfd), A(PATH, path))
FULL(302, prlimit64, LONG, NULL, A(PID, pid), AX(ENUM, FL_RLIMIT, resource),
     AX(STRUCT_IN, ST_RLIMIT, new), AX(STRUCT_OUT, ST_RLIMIT, old))
PART(303, name_to_handle_at, LONG, "no file system here has handles", A(DIRFD, dirfd), A(PATH, path),
     A(ADDR, handle), A(ADDR, mount_id), AX(FLAGS, FL_AT, flags))
PART(304, open_by_handle_at, FD, "no file system here has handles", A(FD, mount_fd), A(ADDR, handle),
     AX(FLAGS, FL_OPEN, flags))
PART(305, clock_adjtime, LONG, "reads only", A(CLOCK, clockid), A(ADDR, buf))
FULL(306, syncfs, LONG, NULL, A(FD, fd))
PART(307, sendmmsg, LONG, "AF_UNIX alone", A(FD, sockfd), A(ADDR, msgvec), A(UINT, vlen),
     AX(FLAGS, FL_MSG, flags))
PART(308, setns, LONG, "namespaces are refused", A(FD, fd), A(HEX, nstype))
PART(309, getcpu, LONG, "one node", A(ADDR, cpu), A(ADDR, node))
FULL(310, process_vm_readv, LONG, NULL, A(PID, pid), AX(IOV_OUT, 2, local_iov),
     A(ULONG, liovcnt), A(ADDR, remote_iov), A(ULONG, riovcnt), A(HEX, flags))
FULL(311, process_vm_writev, LONG, NULL, A(PID, pid), AX(IOV_IN, 2, local_iov),
     A(ULONG, liovcnt), A(ADDR, remote_iov), A(ULONG, riovcnt), A(HEX, flags))
FULL(312, kcmp, LONG, NULL, A(PID, pid1), A(PID, pid2), A(INT, type), A(ULONG, idx1),
     A(ULONG, idx2))
NOSYS(313, finit_module, LONG, "configured out", A(FD, fd), A(STR, params), A(HEX, flags))
PART(314, sched_setattr, LONG, "kept and checked, the host schedules", A(PID, pid),
     A(ADDR, attr), A(HEX, flags))
FULL(315, sched_getattr, LONG, NULL, A(PID, pid), A(ADDR, attr), A(UINT, size), A(HEX, flags))
FULL(316, renameat2, LONG, NULL, A(DIRFD, olddirfd), A(PATH, oldpath), A(DIRFD, newdirfd),
     A(PATH, newpath), AX(FLAGS, FL_RENAME, flags))
NOSYS(317, seccomp, LONG, "configured out", A(UINT, op), A(HEX, flags), A(ADDR, args))
FULL(318, getrandom, LONG, NULL, AX(BUF_OUT, 1, buf), A(SIZE, buflen), A(HEX, flags))
FULL(319, memfd_create, FD, NULL, A(STR, name), A(HEX, flags))
DENY(320, kexec_file_load, EPERM, LONG, NULL, A(FD, kernel), A(FD, initrd), A(ULONG, len),
     A(STR, cmdline), A(HEX, flags))
NOSYS(321, bpf, LONG, "configured out", A(INT, op), A(ADDR, attr), A(UINT, size))
FULL(322, execveat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(STRV, argv), A(STRV, envp),
     AX(FLAGS, FL_AT, flags))
NOSYS(323, userfaultfd, FD, "configured out", A(HEX, flags))
PART(324, membarrier, LONG, "private expedited commands", A(INT, op), A(HEX, flags),
     A(INT, cpu_id))
PART(325, mlock2, LONG, "accounted, not locked on the host", A(ADDR, addr), A(SIZE, len),
     A(HEX, flags))
FULL(326, copy_file_range, LONG, NULL, A(FD, fd_in), A(ADDR, off_in), A(FD, fd_out),
     A(ADDR, off_out), A(SIZE, len), A(HEX, flags))
FULL(327, preadv2, LONG, NULL, A(FD, fd), AX(IOV_OUT, 2, iov), A(INT, iovcnt), A(OFF, offset),
     A(ULONG, pos_h), A(HEX, flags))
FULL(328, pwritev2, LONG, NULL, A(FD, fd), AX(IOV_IN, 2, iov), A(INT, iovcnt), A(OFF, offset),
     A(ULONG, pos_h), A(HEX, flags))
NOSYS(329, pkey_mprotect, LONG, "no protection keys", A(ADDR, addr), A(SIZE, len),
     AX(FLAGS, FL_PROT, prot), A(INT, pkey))
NOSYS(330, pkey_alloc, LONG, "no protection keys", A(HEX, flags), A(HEX, access_rights))
NOSYS(331, pkey_free, LONG, "no protection keys", A(INT, pkey))
FULL(332, statx, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), AX(FLAGS, FL_AT, flags),
     A(HEX, mask), AX(STRUCT_OUT, ST_STATX, statxbuf))
NOSYS(333, io_pgetevents, LONG, "configured out", A(ULONG, ctx), A(LONG, min_nr), A(LONG, nr),
     A(ADDR, events), AX(STRUCT_IN, ST_TIMESPEC, timeout), A(ADDR, sig))
NOSYS(334, rseq, LONG, "configured out", A(ADDR, rseq), A(UINT, len), A(HEX, flags), A(HEX, sig))
NOSYS(335, uretprobe, LONG, "no probes; hosts since 6.11 answer it past seccomp, with SIGILL")
NOSYS(336, uprobe, LONG, "no probes; hosts since 6.18 answer it past seccomp, with ENXIO")
FULL(424, pidfd_send_signal, LONG, NULL, A(FD, pidfd), A(SIGNAL, sig), A(ADDR, info),
     A(HEX, flags))
NOSYS(425, io_uring_setup, FD, "configured out", A(UINT, entries), A(ADDR, params))
NOSYS(426, io_uring_enter, LONG, "configured out", A(FD, fd), A(UINT, to_submit),
     A(UINT, min_complete), A(HEX, flags), A(ADDR, arg), A(SIZE, argsz))
NOSYS(427, io_uring_register, LONG, "configured out", A(FD, fd), A(UINT, op), A(ADDR, arg),
     A(UINT, nr_args))
NONE(428, open_tree, FD, NULL, A(DIRFD, dirfd), A(PATH, path), A(HEX, flags))
NONE(429, move_mount, LONG, NULL, A(DIRFD, from_dirfd), A(PATH, from_path), A(DIRFD, to_dirfd),
     A(PATH, to_path), A(HEX, flags))
NONE(430, fsopen, FD, NULL, A(STR, fsname), A(HEX, flags))
NONE(431, fsconfig, LONG, NULL, A(FD, fd), A(UINT, op), A(STR, key), A(ADDR, value), A(INT, aux))
NONE(432, fsmount, FD, NULL, A(FD, fd), A(HEX, flags), A(HEX, attr_flags))
NONE(433, fspick, FD, NULL, A(DIRFD, dirfd), A(PATH, path), A(HEX, flags))
FULL(434, pidfd_open, FD, NULL, A(PID, pid), A(HEX, flags))
PART(435, clone3, LONG, "namespaces are refused", A(ADDR, cl_args), A(SIZE, size))
FULL(436, close_range, LONG, NULL, A(UINT, first), A(UINT, last), A(HEX, flags))
FULL(437, openat2, FD, NULL, A(DIRFD, dirfd), A(PATH, path), A(ADDR, how), A(SIZE, size))
FULL(438, pidfd_getfd, FD, NULL, A(FD, pidfd), A(FD, targetfd), A(HEX, flags))
FULL(439, faccessat2, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), AX(FLAGS, FL_ACCESS, mode),
     AX(FLAGS, FL_AT, flags))
PART(440, process_madvise, LONG, "hints on others need the host's leave", A(FD, pidfd), A(ADDR, iovec), A(SIZE, vlen),
     AX(ENUM, FL_MADV, advice), A(HEX, flags))
FULL(441, epoll_pwait2, LONG, NULL, A(FD, epfd), A(ADDR, events), A(INT, maxevents),
     AX(STRUCT_IN, ST_TIMESPEC, timeout), AX(STRUCT_IN, ST_SIGSET, sigmask),
     A(SIZE, sigsetsize))
NONE(442, mount_setattr, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(HEX, flags),
     A(ADDR, uattr), A(SIZE, usize))
NOSYS(443, quotactl_fd, LONG, "configured out", A(FD, fd), A(HEX, op), A(UINT, id), A(ADDR, addr))
NOSYS(444, landlock_create_ruleset, FD, "configured out", A(ADDR, attr), A(SIZE, size),
     A(HEX, flags))
NOSYS(445, landlock_add_rule, LONG, "configured out", A(FD, ruleset_fd), A(INT, rule_type),
     A(ADDR, rule_attr), A(HEX, flags))
NOSYS(446, landlock_restrict_self, LONG, "configured out", A(FD, ruleset_fd), A(HEX, flags))
NOSYS(447, memfd_secret, FD, "configured out", A(HEX, flags))
FULL(448, process_mrelease, LONG, NULL, A(FD, pidfd), A(HEX, flags))
FULL(449, futex_waitv, LONG, NULL, A(ADDR, waiters), A(UINT, nr), A(HEX, flags),
     AX(STRUCT_IN, ST_TIMESPEC, timeout), A(CLOCK, clockid))
NOSYS(450, set_mempolicy_home_node, LONG, "no NUMA", A(ADDR, start), A(ULONG, len),
     A(ULONG, home_node), A(HEX, flags))
NONE(451, cachestat, LONG, NULL, A(FD, fd), A(ADDR, range), A(ADDR, stat), A(HEX, flags))
FULL(452, fchmodat2, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(OCTAL, mode),
     AX(FLAGS, FL_AT, flags))
NOSYS(453, map_shadow_stack, ADDR, "no shadow stacks", A(ADDR, addr), A(SIZE, size),
     A(HEX, flags))
NONE(454, futex_wake, LONG, NULL, A(FUTEX, uaddr), A(HEX, mask), A(INT, nr), A(HEX, flags))
NONE(455, futex_wait, LONG, NULL, A(FUTEX, uaddr), A(ULONG, val), A(HEX, mask), A(HEX, flags),
     AX(STRUCT_IN, ST_TIMESPEC, timeout), A(CLOCK, clockid))
NONE(456, futex_requeue, LONG, NULL, A(ADDR, waiters), A(HEX, flags), A(INT, nr_wake),
     A(INT, nr_requeue))
NONE(457, statmount, LONG, NULL, A(ADDR, req), A(ADDR, buf), A(SIZE, bufsize), A(HEX, flags))
NONE(458, listmount, LONG, NULL, A(ADDR, req), A(ADDR, mnt_ids), A(SIZE, nr), A(HEX, flags))
NOSYS(459, lsm_get_self_attr, LONG, "configured out", A(UINT, attr), A(ADDR, ctx),
     A(ADDR, size), A(HEX, flags))
NOSYS(460, lsm_set_self_attr, LONG, "configured out", A(UINT, attr), A(ADDR, ctx),
     A(UINT, size), A(HEX, flags))
NOSYS(461, lsm_list_modules, LONG, "configured out", A(ADDR, ids), A(ADDR, size), A(HEX, flags))
NONE(462, mseal, LONG, NULL, A(ADDR, addr), A(SIZE, len), A(HEX, flags))
NONE(463, setxattrat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(HEX, flags), A(STR, name),
     A(ADDR, args), A(SIZE, size))
NONE(464, getxattrat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(HEX, flags), A(STR, name),
     A(ADDR, args), A(SIZE, size))
NONE(465, listxattrat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(HEX, flags),
     A(ADDR, list), A(SIZE, size))
NONE(466, removexattrat, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(HEX, flags), A(STR, name))
NONE(467, open_tree_attr, FD, NULL, A(DIRFD, dirfd), A(PATH, path), A(HEX, flags),
     A(ADDR, uattr), A(SIZE, usize))
NONE(468, file_getattr, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(ADDR, attr),
     A(SIZE, size), A(HEX, flags))
NONE(469, file_setattr, LONG, NULL, A(DIRFD, dirfd), A(PATH, path), A(ADDR, attr),
     A(SIZE, size), A(HEX, flags))
