"""Runs a program on a terminal of 80 columns and 40 rows, and copies what it prints to stdout.

After the program has printed TYPES_AFTER, types the text of TYPES.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
after = os.environ.get("TYPES_AFTER", "").encode()
seen = b""
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:  # Linux reports the end of the program so.
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
    seen += data
    if after and after in seen:
        os.write(terminal, os.environ["TYPES"].encode())
        after = b""
sys.stdout.buffer.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
