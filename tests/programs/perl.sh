# SPDX-License-Identifier: Apache-2.0
# perl: files, regular expressions, fork, pipes, signals, sockets.
set -u
perl -e 'print join(",", map { $_ ** 2 } 1 .. 5), "\n"; printf "%.3f %s\n", 3.14159, scalar reverse "abc"'
perl -e 'my %h; $h{$_ % 3}++ for 1 .. 10; print "$_=$h{$_} " for sort keys %h; print "\n"'
perl -e 'my $p = fork; if (!$p) { exit 3 } waitpid $p, 0; print $? >> 8, "\n"; open my $f, "-|", "echo", "piped"; print <$f>'
perl -e '$SIG{ALRM} = sub { print "alarm\n"; exit 0 }; alarm 1; sleep 10'
perl -e '$SIG{CHLD} = sub { wait; print "reaped\n" }; if (!fork) { exit } select undef, undef, undef, 2; print "end\n"'
perl -MSocket -e 'socketpair my $a, my $b, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die $!; syswrite $a, "hello"; sysread $b, my $x, 5; print "$x\n"'
perl -MPOSIX -e 'print POSIX::floor(-1.5), " ", (POSIX::uname())[0], "\n"; mkfifo "ff", 0600 or die; print -p "ff" ? "fifo\n" : "no\n"'
perl -MFile::Find -e 'open my $f, ">", "x" or die; print $f "a\n" x 1000; close $f; find(sub { print "$_ ", -s $_, "\n" if -f }, ".")' | sort
perl -MTime::HiRes=usleep -e 'usleep 1000; print "slept\n"; local $| = 1; print "x" while $n++ < 5; print "\n"; kill TERM => $$'; echo $?
