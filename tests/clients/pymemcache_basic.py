"""What pymemcache makes of the memcached example: python3 pymemcache_basic.py HOST PORT"""

import sys
import time

from pymemcache.client.base import Client, PooledClient
from pymemcache.exceptions import MemcacheClientError, MemcacheIllegalInputError, MemcacheServerError
from pymemcache.serde import pickle_serde


def raises(error, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except error as raised:
        return str(raised)
    raise AssertionError(f"{function.__name__} raised no {error.__name__}")


def stores(client):
    assert client.set("a", "1", noreply=False)
    assert client.get("a") == b"1"
    assert client.get("none") is None
    assert client.get("none", "default") == "default"
    assert not client.add("a", "2", noreply=False)
    assert client.add("b", "2", noreply=False)
    assert client.replace("b", "3", noreply=False)
    assert not client.replace("none", "3", noreply=False)
    assert client.append("b", "4", noreply=False)
    assert client.prepend("b", "2", noreply=False)
    assert client.get("b") == b"234"
    assert not client.append("none", "4", noreply=False)
    assert client.set("empty", b"", noreply=False)
    assert client.get("empty") == b""
    assert client.set("bytes", bytes(range(256)), noreply=False)
    assert client.get("bytes") == bytes(range(256))
    assert client.set("terminators", b"\r\nEND\r\n", noreply=False)
    assert client.get("terminators") == b"\r\nEND\r\n"


def compares(client):
    assert client.set("c", "1", noreply=False)
    value, unique = client.gets("c")
    assert value == b"1"
    assert client.cas("c", "2", unique, noreply=False) is True
    assert client.cas("c", "3", unique, noreply=False) is False
    assert client.cas("none", "3", unique, noreply=False) is None
    assert client.get("c") == b"2"


def many(client):
    values = {f"many{number}": str(number).encode() for number in range(1000)}
    assert client.set_many(values, noreply=False) == []
    assert client.get_many(list(values) + ["none"]) == values
    assert {key: value for key, (value, _) in client.gets_many(list(values)).items()} == values
    assert client.delete_many(list(values), noreply=False)
    assert client.get_many(list(values)) == {}


def counts(client):
    assert client.set("n", "5", noreply=False)
    assert client.incr("n", 10, noreply=False) == 15
    assert client.decr("n", 100, noreply=False) == 0
    assert client.incr("none", 1, noreply=False) is None
    assert client.incr("n", 2**64 - 1, noreply=False) == 2**64 - 1
    assert client.incr("n", 1, noreply=False) == 0
    assert client.set("word", "five", noreply=False)
    assert "non-numeric" in raises(MemcacheClientError, client.incr, "word", 1, noreply=False)


def says_nothing(client):
    client.set("quiet", "1", noreply=True)
    client.append("quiet", "2", noreply=True)
    client.incr("quiet", 1, noreply=True)
    client.touch("quiet", 100, noreply=True)
    assert client.get("quiet") == b"13"
    client.delete("quiet", noreply=True)
    assert client.get("quiet") is None


def expires(client):
    assert client.set("past", "1", expire=-1, noreply=False)
    assert client.get("past") is None
    assert client.set("future", "1", expire=int(time.time()) + 1000, noreply=False)
    assert client.get("future") == b"1"
    assert client.touch("future", -1, noreply=False)
    assert client.get("future") is None
    assert not client.touch("none", 10, noreply=False)


def refuses(client):
    raises(MemcacheIllegalInputError, client.set, "k" * 251, "1")
    assert "too large" in raises(MemcacheServerError, client.set, "large", bytes(1024 * 1024 + 1), noreply=False)
    assert client.set("large", bytes(1024 * 1024), noreply=False)
    assert client.get("large") == bytes(1024 * 1024)


def manages(client):
    assert client.version() == b"1.5.22"
    stats = client.stats()
    assert stats[b"curr_items"] > 0 and stats[b"curr_connections"] >= 1
    assert client.flush_all(noreply=False)
    assert client.get("a") is None
    assert client.stats()[b"curr_items"] == 0
    client.quit()


def main():
    address = (sys.argv[1], int(sys.argv[2]))
    client = Client(address, timeout=20, connect_timeout=20)
    steps = [stores, compares, many, counts, says_nothing, expires, refuses, manages]
    for step in steps:
        step(client)
        print(f"{step.__name__}: passed")
    pool = PooledClient(address, max_pool_size=4, serde=pickle_serde)
    assert pool.set("object", {"key": [1, 2, 3]}, noreply=False)
    assert pool.get("object") == {"key": [1, 2, 3]}
    pool.close()
    print("a pool with flags: passed")


main()
