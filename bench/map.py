#!/usr/bin/env python3
"""Measures errand map against a shell loop of errand run, with a scripted model.

   bench/map.py BINARY [--records N] [--flat N]
"""

import argparse
import os
import subprocess
import tempfile
import time

AGENTS = "agents:\n  helper: { model: scripted/turns.yaml, tools: [] }\n"
TURNS = 'turns:\n  - reply: [ { text: "{{user}}" } ]\n'
LOOP = 'while read -r line; do "$0" run -q "$@" "say $line" </dev/null || exit 1; done'


def timed(argv, records, place, env):
    """Seconds, and the largest resident size in MiB."""
    with open(records, "rb") as stdin, open(os.devnull, "wb") as null:
        begin = time.monotonic()
        child = subprocess.Popen(argv, stdin=stdin, stdout=null, cwd=place, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            raise SystemExit(f"{argv} failed")
        return time.monotonic() - begin, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--records", type=int, default=200)
    parser.add_argument("--flat", type=int, default=10_000, help="records of the look at memory; 0: none")
    options = parser.parse_args()
    binary = os.path.realpath(options.binary)
    with tempfile.TemporaryDirectory() as place:
        env = {"PATH": os.environ["PATH"], "HOME": place, "ERRAND_DATA_DIR": f"{place}/data"}
        for name, text in (("agents.yaml", AGENTS), ("turns.yaml", TURNS)):
            with open(f"{place}/{name}", "w", encoding="utf-8") as file:
                file.write(text)

        def records(count):
            path = f"{place}/records-{count}"
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(f"record {n}\n" for n in range(count))
            return path

        few = records(options.records)
        loop = ["sh", "-c", LOOP, binary, "-a", "helper"]
        one = [binary, "map", "-q", "-a", "helper", "say {{line}}"]
        for name, argv in (("a loop of run", loop), ("a loop of run --no-session", [*loop, "--no-session"]),
                           ("map", one), ("map --no-session", [*one, "--no-session"]),
                           ("map --no-session -j 4", [*one, "--no-session", "-j", "4"])):
            seconds, size = timed(argv, few, place, env)
            print(f"{name:28} {options.records / seconds:8.1f} records/s  {size:6.1f} MiB")
        if options.flat:
            for count in (options.flat // 10, options.flat):
                seconds, size = timed([*one, "--no-session", "-j", "4"], records(count), place, env)
                print(f"map --no-session -j 4, {count:6} records {count / seconds:8.1f} records/s  {size:6.1f} MiB")


if __name__ == "__main__":
    main()
