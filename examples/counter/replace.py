"""Replaces the counter under load, and checks that no line is lost or answered twice.

    python3 examples/counter/replace.py 10

It builds and starts the counter, keeps 20 connections busy, and sends SIGUSR2 so many times.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

CLIENTS = 20
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
PATIENCE = 30


def start():
    build = "cargo build --quiet -p kai-tcp-server-examples --example counter --features counter --message-format=json"
    built = subprocess.run(build.split(), check=True, stdout=subprocess.PIPE, text=True).stdout
    program = re.findall(r'"executable":"([^"]+)"', built)[-1]
    environment = dict(os.environ, COUNTER_PORT="0")
    return subprocess.Popen([program], stderr=subprocess.PIPE, text=True, env=environment)


def wait_for(log, pattern):
    for line in log:
        found = re.search(pattern, line)
        if found:
            return int(found[1])
    sys.exit("the counter has ended")


def count(port, stop, results):
    """Sends lines, ten at a time, and checks that each is answered once, with the next number."""
    lines, processes, longest = 0, set(), 0.0
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as stream, stream.makefile("r") as answers:
        while not stop.is_set():
            stream.sendall(b"count\r\n" * 10)
            for _ in range(10):
                begin = time.monotonic()
                answer = answers.readline()
                longest = max(longest, time.monotonic() - begin)
                lines += 1
                found = re.fullmatch(r"you: line (\d+), answered by process (\d+)\n", answer)
                if not found or int(found[1]) != lines:
                    sys.exit(f"line {lines} was answered by {answer!r}")
                processes.add(found[2])
    results.append((lines, processes, longest))


def main():
    program = start()
    port = wait_for(program.stderr, r"listens on \S+:(\d+)")
    stop, results = threading.Event(), []
    clients = [threading.Thread(target=count, args=(port, stop, results)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    process = program.pid
    try:
        for _ in range(ROUNDS):
            os.kill(process, signal.SIGUSR2)
            process = wait_for(program.stderr, r"process (\d+) has taken over")
    finally:
        stop.set()
        for client in clients:
            client.join()
        os.kill(process, signal.SIGTERM)
    if len(results) != CLIENTS:
        sys.exit(f"{CLIENTS - len(results)} of {CLIENTS} connections were lost")
    lines = sum(lines for lines, _, _ in results)
    processes = set.union(*(processes for _, processes, _ in results))
    longest = max(longest for _, _, longest in results)
    print(f"{lines} lines, each answered once, by {len(processes)} processes; the longest wait was {longest * 1000:.0f} ms")


main()
