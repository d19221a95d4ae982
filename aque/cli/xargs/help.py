"""What `aque xargs --help` prints."""

from typing import Final

HELP: Final = """\
Usage: aque-xargs [OPTION]... [COMMAND [ARGUMENT]...] [::: ARGUMENT...]
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
  -P, --max-procs, --jobs=N  N at a time on each host, each with an N-th of it; 0: no limit;
                           with 1, the default, one at a time in all
  -p, --interactive        ask before each command
  -t, --verbose            show each command on stderr
  -v                       tell when it brings a worker of its own
  -o, --open-tty           the commands read from the terminal
      --process-slot-var=VAR  tell each command its number among those that run

As GNU parallel, with --parallel, --colsep or a ::: after the command; each line is one argument:
      ::: A B, ::: C D     a command for each combination; :::+ E F goes along with the one before
      :::: FILE, ::::+     the same with the lines of files (-: stdin); -a FILE as often as you like
      {} {.} {/} {//} {/.} the arguments: whole, without extension, file, folder, file without extension
      {2} {2.} {#}         the second argument; the command's number
      --colsep=REGEX       what separates the columns of an argument
  Without COMMAND each argument is a line for /bin/sh. Without -P each command takes one cpu.

From GNU parallel, with any input:
      --tag                show each line of output behind the arguments
      --keep-order         show output in the order of the input, the default
      --no-keep-order      show it in the order in which commands end
      --joblog=FILE        write a line for each command that has ended (+FILE: add to it)
      --resume             run what the log does not have; --resume-failed: and what failed
      --retry-failed       run again what failed, from the log alone
      --halt=WHEN,WHY=N    soon or now; fail, success or done; N or N%; exit as parallel does
      --retries=N          try N times; --timeout=TIME: stop a command after so long
      --delay=TIME         between two commands; --dry-run: show them, and run none
      --bar, --eta         show on a terminal's stderr how far it is
      --results=DIR        keep output in DIR/1/ARGUMENT/stdout, stderr and seq

Queueing:
      --priority=N, --cpus=N, --memory=SIZE, --queue=NAME, --name=NAME
                           as with aque submit
      --limit=NAME[=N]     each command takes units of a named limit; see aque limits
      --on-done=LINE|URL   once all have ended, as with aque submit
      --detach             print the group's id and wait for nothing
      --broker=URL         the broker; default $AQUE_BROKER, else the embedded one

      --help, --version

Exit status: 0; 123 a command failed; 124 one exited with 255; 125 a signal ended one;
126 it cannot be run; 127 it is not found; 1 other errors; 3 the broker is gone; 130 interrupted.
With --halt: how many failed, 101 for more than 100, or what --halt says."""
