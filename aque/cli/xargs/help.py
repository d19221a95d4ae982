"""What `aque xargs --help` prints."""

from typing import Final

HELP: Final = """\
Usage: aque-xargs [OPTION]... [COMMAND [ARGUMENT]...]
Build commands from the arguments on stdin, as xargs does, and queue them.
It waits for them and shows what they write, in their order.

Input:
  -0, --null               items end with a NUL; quotes and backslashes mean nothing
  -d, --delimiter=C        items end with C: a character, \\n and the like, \\xHH or octal
  -a, --arg-file=FILE      read FILE; the commands keep stdin
  -E END, -e, --eof[=END]  stop at an argument END
  -r, --no-run-if-empty    run nothing where there are no arguments

Commands:
  -n, --max-args=N         at most N arguments to a command
  -L N, -l, --max-lines[=N]  at most N lines to a command
  -I R, -i, --replace[=R]  one command a line, which stands for R ({}) in it
  -s, --max-chars=N        at most N bytes to a command
  -x, --exit               stop where -s cuts what -n or -L asks for
      --show-limits        show the limits of a command's length
      --shell              COMMAND is a line for /bin/sh

Running:
  -P, --max-procs=N        N at a time on each host, each with an N-th of it; 0: no limit;
                           with 1, the default, one at a time in all
  -p, --interactive        ask before each command
  -t, --verbose            show each command on stderr
  -o, --open-tty           the commands read from the terminal
      --process-slot-var=VAR  tell each command its number among those that run

Queueing:
      --priority=N, --cpus=N, --memory=SIZE, --queue=NAME, --name=NAME
                           as with aque submit
      --limit=NAME[=N]     each command takes units of a named limit; see aque limits
      --detach             print the group's id and wait for nothing
      --broker=URL         the broker; default $AQUE_BROKER, else the embedded one

      --help, --version

Exit status: 0; 123 a command failed; 124 one exited with 255; 125 a signal ended one;
126 it cannot be run; 127 it is not found; 1 other errors; 130 interrupted."""
