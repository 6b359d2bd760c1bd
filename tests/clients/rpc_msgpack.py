"""Calls the example `rpc` by PyPI's msgpack: rpc_msgpack.py HOST PORT"""

import socket
import struct
import sys
import time

import msgpack


class Client:
    def __init__(self, host, port):
        self.stream = socket.create_connection((host, port), timeout=20)
        self.ticks = []
        self.id = 0

    def exactly(self, length):
        data = b""
        while len(data) < length:
            more = self.stream.recv(length - len(data))
            if not more:
                raise EOFError("the server closed")
            data += more
        return data

    def message(self):
        (length,) = struct.unpack(">I", self.exactly(4))
        return msgpack.unpackb(self.exactly(length))

    def send(self, message):
        data = msgpack.packb(message)
        self.stream.sendall(struct.pack(">I", len(data)) + data)

    def call(self, method, *params):
        """The error and the result."""
        self.id += 1
        self.send([0, self.id, method, params])
        while True:
            message = self.message()
            if message[0] == 2:
                kind, method, params = message
                assert method == "tick", message
                self.ticks.append(params[0])
                continue
            kind, id, error, result = message
            assert (kind, id) == (1, self.id), message
            assert error is None or result is None, message
            return error, result


client = Client(sys.argv[1], int(sys.argv[2]))
for text in ["", "hello", "Grüße, 世界 \N{OWL}", "x" * 40_000]:
    assert client.call("echo", text) == (None, text)
for a, b in [(1, 2), (-5, 3), (2**62, 2**61), (-(2**63), 2**63 - 1), (255, 1), (65535, 1)]:
    assert client.call("add", a, b) == (None, a + b), (a, b)
assert client.call("add", 2**63 - 1, 1) == ("the sum is out of range", None)
numbers = [(n * 7919) % 10_007 - 5000 for n in range(10_000)]
assert client.call("sort", numbers) == (None, sorted(numbers))
error, now = client.call("time")
assert error is None and abs(now / 1000 - time.time()) < 60, now
assert client.call("divide", 1, 0) == ("unknown method", None)
for params in [(), (1,), (1, 2, 3), ("a", "b"), (1.5, 2), (None, None), ({}, [])]:
    error, _ = client.call("add", *params)
    assert error.startswith("bad params: "), (params, error)
client.send([2, "nobody answers", []])

assert client.call("subscribe") == (None, True)
calls = 0
while len(client.ticks) < 3:
    assert client.call("add", calls, 1) == (None, calls + 1)
    calls += 1
assert client.ticks == list(range(client.ticks[0], client.ticks[0] + len(client.ticks)))
assert client.call("unsubscribe") == (None, True)
print(f"ticks {client.ticks} came during {calls} calls")
print("ok")
