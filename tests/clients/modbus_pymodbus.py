"""Calls the example `modbus` by PyPI's pymodbus: modbus_pymodbus.py HOST PORT"""

import sys
import time

from pymodbus.client import ModbusTcpClient
from pymodbus.pdu import ModbusPDU

HOST, PORT = sys.argv[1], int(sys.argv[2])
ILLEGAL_FUNCTION, ILLEGAL_DATA_ADDRESS, ILLEGAL_DATA_VALUE, TARGET_FAILED = 1, 2, 3, 11
FREE = 2  # The first free coil and the first free holding register.


def connected():
    client = ModbusTcpClient(HOST, port=PORT, timeout=20, retries=0)
    assert client.connect()
    return client


def right(response):
    assert not response.isError(), response
    return response


def refused(response, code):
    assert response.isError() and response.exception_code == code, (response, code)


class Raw(ModbusPDU):
    """A request that pymodbus wouldn't build."""

    def __init__(self, function, data):
        super().__init__(dev_id=1)
        self.function_code = function
        self.data = data

    def encode(self):
        return self.data


def raw(client, *pdu):
    return client.execute(False, Raw(pdu[0], bytes(pdu[1:])))


def words(*values):
    return b"".join(value.to_bytes(2, "big") for value in values)


def coils(client):
    assert right(client.read_coils(FREE, count=3)).bits[:3] == [False] * 3
    response = right(client.write_coil(FREE + 1, True))
    assert (response.address, response.bits) == (FREE + 1, [True]), response
    assert right(client.read_coils(FREE, count=3)).bits[:3] == [False, True, False]
    right(client.write_coil(FREE + 1, False))
    assert right(client.read_coils(FREE + 1)).bits[0] is False

    # Neither the coil before nor the one behind changes with them.
    pattern = [number % 3 == 0 for number in range(1968)]
    right(client.write_coil(FREE, True))
    response = right(client.write_coils(FREE + 1, pattern))
    assert (response.address, response.count) == (FREE + 1, 1968), response
    assert right(client.read_coils(FREE, count=1970)).bits[:1970] == [True, *pattern, False]
    # As much as one request may ask for.
    assert right(client.read_coils(0, count=2000)).bits[:6] == [False, False, True, True, False, False]
    assert len(right(client.read_coils(48, count=2000)).bits) == 2000
    right(client.write_coils(FREE, [False] * 1968))
    right(client.write_coils(FREE + 1900, [False] * 100))

    for count in [49, 2000]:
        refused(client.read_coils(2000, count=count), ILLEGAL_DATA_ADDRESS)
    refused(client.read_coils(65535), ILLEGAL_DATA_ADDRESS)
    refused(client.write_coil(2048, True), ILLEGAL_DATA_ADDRESS)
    refused(client.write_coils(2047, [True, True]), ILLEGAL_DATA_ADDRESS)
    assert right(client.read_coils(2047)).bits[0] is False, "a refused request writes nothing"


def inputs(client):
    # The tank is empty, so the level is also at the low mark.
    assert right(client.read_discrete_inputs(0, count=4)).bits[:4] == [False, True, False, True]
    refused(client.read_discrete_inputs(0, count=5), ILLEGAL_DATA_ADDRESS)
    refused(client.read_discrete_inputs(4), ILLEGAL_DATA_ADDRESS)
    assert right(client.read_input_registers(0)).registers == [0]
    assert len(right(client.read_input_registers(0, count=3)).registers) == 3
    refused(client.read_input_registers(0, count=4), ILLEGAL_DATA_ADDRESS)
    refused(client.read_input_registers(3), ILLEGAL_DATA_ADDRESS)


def registers(client):
    assert right(client.read_holding_registers(0, count=2)).registers == [1800, 200]
    response = right(client.write_register(FREE, 0xABCD))
    assert (response.address, response.registers) == (FREE, [0xABCD]), response
    assert right(client.read_holding_registers(FREE, count=2)).registers == [0xABCD, 0]

    values = [number * 521 % 65536 for number in range(123)]
    response = right(client.write_registers(FREE + 1, values))
    assert (response.address, response.count) == (FREE + 1, 123), response
    assert right(client.read_holding_registers(FREE, count=125)).registers == [0xABCD, *values, 0]
    assert len(right(client.read_holding_registers(131, count=125)).registers) == 125

    refused(client.read_holding_registers(200, count=57), ILLEGAL_DATA_ADDRESS)
    refused(client.write_register(256, 1), ILLEGAL_DATA_ADDRESS)
    refused(client.write_registers(255, [1, 1]), ILLEGAL_DATA_ADDRESS)
    assert right(client.read_holding_registers(255)).registers == [0], "a refused request writes nothing"


def masks(client):
    # The example of the standard: 0x12, and 0xf2, or 0x25, makes 0x17.
    right(client.write_register(FREE, 0x12))
    response = right(client.mask_write_register(address=FREE, and_mask=0xF2, or_mask=0x25))
    assert (response.address, response.and_mask, response.or_mask) == (FREE, 0xF2, 0x25), response
    assert right(client.read_holding_registers(FREE)).registers == [0x17]
    refused(client.mask_write_register(address=256, and_mask=0, or_mask=0), ILLEGAL_DATA_ADDRESS)


def reads_and_writes(client):
    values = list(range(1000, 1121))
    call = client.readwrite_registers
    # What is read is what was written just before.
    response = right(call(read_address=FREE + 1, read_count=120, write_address=FREE, values=values))
    assert response.registers == values[1:], response
    assert len(right(call(read_address=0, read_count=125, write_address=FREE, values=[1])).registers) == 125
    refused(call(read_address=FREE, read_count=1, write_address=256, values=[2]), ILLEGAL_DATA_ADDRESS)
    refused(call(read_address=256, read_count=1, write_address=FREE, values=[2]), ILLEGAL_DATA_ADDRESS)
    assert right(client.read_holding_registers(FREE)).registers == [1], "a refused request writes nothing"


def identity(client):
    for code in [1, 2, 3]:
        response = right(client.read_device_information(read_code=code))
        assert (response.read_code, response.conformity) == (code, 0x81), response
        assert (response.more_follows, response.next_object_id) == (0, 0), response
        assert sorted(response.information) == [0, 1, 2], response
        assert response.information[0] == b"kai-tcp-server", response
        assert response.information[1] == b"tank", response
    assert sorted(right(client.read_device_information(read_code=1, object_id=1)).information) == [1, 2]
    # A stream that begins at no object begins at the first.
    assert sorted(right(client.read_device_information(read_code=1, object_id=9)).information) == [0, 1, 2]
    assert right(client.read_device_information(read_code=4, object_id=1)).information == {1: b"tank"}
    refused(client.read_device_information(read_code=4, object_id=3), ILLEGAL_DATA_ADDRESS)
    refused(client.read_device_information(read_code=5), ILLEGAL_DATA_VALUE)
    refused(raw(client, 43, 14, 0, 0), ILLEGAL_DATA_VALUE)
    # CANopen, by the same function.
    refused(raw(client, 43, 13, 0, 0), ILLEGAL_FUNCTION)


def other_functions(client):
    refused(client.read_exception_status(), ILLEGAL_FUNCTION)
    refused(client.diag_query_data(b"\0\0"), ILLEGAL_FUNCTION)
    refused(client.diag_get_comm_event_counter(), ILLEGAL_FUNCTION)
    refused(client.report_device_id(), ILLEGAL_FUNCTION)
    refused(client.read_fifo_queue(), ILLEGAL_FUNCTION)


def quantities(client):
    """Exception 3 comes before exception 2, as in the standard's diagrams: no address is right here."""
    for function, most in [(1, 2000), (2, 2000), (3, 125), (4, 125)]:
        for count in [0, most + 1, 65535]:
            refused(raw(client, function, *words(60000, count)), ILLEGAL_DATA_VALUE)
        refused(raw(client, function, *words(60000, most)), ILLEGAL_DATA_ADDRESS)
    for value in [1, 0xFF, 0xFF01, 0xFFFF, 0x0100]:
        refused(raw(client, 5, *words(60000, value)), ILLEGAL_DATA_VALUE)

    for count, size in [(0, 0), (1, 0), (1, 2), (8, 2), (9, 1), (1969, 247), (1968, 245), (65535, 0)]:
        refused(raw(client, 15, *words(60000, count), size, *bytes(size)), ILLEGAL_DATA_VALUE)
    refused(raw(client, 15, *words(60000, 1968), 246, *bytes(246)), ILLEGAL_DATA_ADDRESS)
    for count, size in [(0, 0), (1, 0), (1, 1), (1, 4), (2, 2), (124, 247), (123, 244), (32768, 0), (32769, 2)]:
        refused(raw(client, 16, *words(60000, count), size, *bytes(size)), ILLEGAL_DATA_VALUE)
    refused(raw(client, 16, *words(60000, 123), 246, *bytes(246)), ILLEGAL_DATA_ADDRESS)

    for reads, count, size in [(0, 1, 2), (126, 1, 2), (1, 0, 0), (1, 1, 1), (1, 2, 2), (1, 122, 242), (1, 32769, 2)]:
        data = words(60000, reads, 60000, count)
        refused(raw(client, 23, *data, size, *bytes(size)), ILLEGAL_DATA_VALUE)
    refused(raw(client, 23, *words(60000, 125, 60000, 121), 242, *bytes(242)), ILLEGAL_DATA_ADDRESS)


def lengths(client):
    """Requests that are cut short, or have bytes behind them."""
    whole = {
        1: words(0, 1),
        2: words(0, 1),
        3: words(0, 1),
        4: words(0, 1),
        5: words(FREE, 0),
        6: words(FREE, 0),
        15: words(FREE, 1) + b"\x01\0",
        16: words(FREE, 1) + b"\x02\0\0",
        22: words(FREE, 0, 0),
        23: words(FREE, 1, FREE, 1) + b"\x02\0\0",
        43: b"\x0e\x01\0",
    }
    for function, data in whole.items():
        right(raw(client, function, *data))
        for length in range(len(data)):
            refused(raw(client, function, *data[:length]), ILLEGAL_DATA_VALUE)
        refused(raw(client, function, *data, 0), ILLEGAL_DATA_VALUE)


def units(client):
    for unit in [0, 1, 255]:
        response = right(client.read_coils(0, device_id=unit))
        assert response.dev_id == unit, response
    for unit in [2, 127, 254]:
        refused(client.read_coils(0, device_id=unit), TARGET_FAILED)
        refused(client.write_coil(0, True, device_id=unit), TARGET_FAILED)
    assert right(client.read_coils(0)).bits[0] is False


def level(client, other):
    """The pump that one client switches on fills the tank that the other one sees."""
    right(other.write_registers(0, [1, 0]))
    right(client.write_coil(0, True))
    deadline = time.monotonic() + 20
    while right(other.read_input_registers(0)).registers[0] < 1:
        assert time.monotonic() < deadline, "the level doesn't rise"
    right(other.write_coil(0, False))
    stands = right(client.read_input_registers(0)).registers
    assert right(client.read_discrete_inputs(0, count=4)).bits[:4] == [False, False, True, False]
    assert right(client.read_input_registers(0)).registers == stands, "the pump is off"
    right(client.write_coil(1, True))
    while right(other.read_input_registers(0)).registers[0] > 0:
        assert time.monotonic() < deadline, "the level doesn't fall"
    assert right(other.read_discrete_inputs(0, count=4)).bits[:4] == [False, True, False, True]


first = connected()
for check in [
    coils,
    inputs,
    registers,
    masks,
    reads_and_writes,
    identity,
    other_functions,
    quantities,
    lengths,
    units,
]:
    check(first)
    print(check.__name__)
level(first, connected())
print("ok")
