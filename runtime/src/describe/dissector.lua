-- What follows is the same for each protocol.

-- Lengths are computed in numbers that are exact up to 2^53. A longer one fits no frame.
local UNKNOWN = {}
local function computed(compute)
    return function(a, b)
        if a == UNKNOWN or b == UNKNOWN then return UNKNOWN end
        if a == nil or b == nil then return nil end
        local result = compute(a, b)
        if result == nil or result ~= result or math.abs(result) > 2 ^ 53 then return nil end
        return result
    end
end
local function truncated(number)
    if number < 0 then return math.ceil(number) end
    return math.floor(number)
end
length.add = computed(function(a, b) return a + b end)
length.sub = computed(function(a, b) return a - b end)
length.mul = computed(function(a, b) return a * b end)
length.div = computed(function(a, b) return b ~= 0 and truncated(a / b) or nil end)
length.rem = computed(function(a, b) return b ~= 0 and a - b * truncated(a / b) or nil end)
length.shl = computed(function(a, b) return b >= 0 and a * 2 ^ b or nil end)
length.shr = computed(function(a, b) return b >= 0 and b < 128 and math.floor(a / 2 ^ b) or nil end)
length.unknown = function() return UNKNOWN end

local function lower(text)
    return (text:gsub("[A-Z]", function(letter) return string.char(letter:byte() + 32) end))
end
local function folded(text)
    if ignore_case then return lower(text) end
    return text
end

-- Well-formed UTF-8, as RFC 3629 has it.
local function is_utf8(text)
    local at = 1
    while at <= #text do
        local first, second = text:byte(at, at + 1)
        local more
        if first < 0x80 then more = 0
        elseif first >= 0xC2 and first <= 0xDF then more = 1
        elseif first >= 0xE0 and first <= 0xEF then more = 2
        elseif first >= 0xF0 and first <= 0xF4 then more = 3
        else return false end
        if more > 0 and second == nil then return false end
        if first == 0xE0 and second < 0xA0 or first == 0xED and second > 0x9F then return false end
        if first == 0xF0 and second < 0x90 or first == 0xF4 and second > 0x8F then return false end
        for next = at + 1, at + more do
            local byte = text:byte(next)
            if byte == nil or byte < 0x80 or byte > 0xBF then return false end
        end
        at = at + more + 1
    end
    return true
end

-- Returns whether digits are a number that is at most another one.
local function is_at_most(digits, max)
    digits = digits:gsub("^0+", "")
    return #digits < #max or #digits == #max and digits <= max
end

-- The value of a capture's text, or nil if it has none.
local parse = {}
function parse.text(text) return text end
function parse.bytes(text) return text end
function parse.bool(text)
    if text == "true" then return true end
    if text == "false" then return false end
end
function parse.char(text)
    if #text > 0 and text:find("^[^\128-\191][\128-\191]*$") then return text end
end
function parse.float(text, piece)
    if not text:find("^[+-]?%d+%.?%d*[eE]?[+-]?%d*$") and not text:find("^[+-]?%.%d+[eE]?[+-]?%d*$") then return nil end
    local number = tonumber((text:gsub("^%+", "")))
    -- From the second number on, an f32 is infinite: half a step above the largest one.
    local infinite = piece.bits == 32 and 2 ^ 128 - 2 ^ 103 or math.huge
    if number and number == number and math.abs(number) < infinite then return number end
end
local function integer(text, piece)
    local sign, digits = text:match("^([+-]?)(%d+)$")
    if digits == nil or sign == "-" and piece.min == nil then return nil end
    if not is_at_most(digits, sign == "-" and piece.min or piece.max) then return nil end
    if piece.nonzero and digits:find("^0+$") then return nil end
    if piece.bits <= 32 then return tonumber(sign == "-" and "-" .. digits or digits) end
    if piece.bits > 64 then return text end
    local number = piece.min and Int64(0) or UInt64(0)
    local one = piece.min and Int64 or UInt64
    for digit in digits:gmatch("%d") do
        number = number * one(10)
        if sign == "-" then number = number - one(tonumber(digit)) else number = number + one(tonumber(digit)) end
    end
    return number
end
parse.integer = integer

-- Matches a template. Returns what it found, or nil.
local match = {}
function match.template(form, frame)
    local found, at, text, unsure = {}, 1, folded(frame), false
    local function begins(with) return text:sub(at, at + #with - 1) == folded(with) end
    for place, piece in ipairs(form) do
        if piece.text then
            if not begins(piece.text) then return nil end
            at = at + #piece.text
        elseif piece.flag then
            local is_there = begins(piece.flag)
            local size = is_there and #piece.flag or 0
            table.insert(found, { field = piece.field, from = at - 1, size = size, value = is_there })
            at = at + size
        else
            local stop = #text + 1
            for later = place + 1, #form do
                local ending = form[later]
                if not ending.text and not ending.flag then break end
                local first = text:find(folded(ending.text or ending.flag), at, true)
                if later == place + 1 and ending.text and not first then return nil end
                if first and first < stop then stop = first end
                if ending.text then break end
            end
            local taken = frame:sub(at, stop - 1)
            if not piece.open and (taken == "" or taken:find("[ \t\r\n]")) then return nil end
            if piece.parse ~= "bytes" and not is_utf8(taken) then return nil end
            local value = parse[piece.parse](taken, piece)
            if value == nil then return nil end
            unsure = unsure or piece.unknown
            table.insert(found, { field = piece.field, from = at - 1, size = #taken, value = value, parse = piece.parse })
            at = stop
        end
    end
    if at ~= #text + 1 then return nil end
    return found, unsure
end

-- Returns a number's bits, the most significant first, as a text of 0 and 1.
local function bits_of(frame, from, width, little)
    local groups, group = {}, {}
    local function close()
        if little then table.insert(groups, 1, table.concat(group)) else table.insert(groups, table.concat(group)) end
        group = {}
    end
    for at = from, from + width - 1 do
        local byte = frame:byte(math.floor(at / 8) + 1)
        table.insert(group, math.floor(byte / 2 ^ (7 - at % 8)) % 2 == 1 and "1" or "0")
        if #group == 8 then close() end
    end
    if #group > 0 then close() end
    return table.concat(groups)
end
local function number_of(bits)
    local number = 0
    for bit in bits:gmatch(".") do number = number * 2 + (bit == "1" and 1 or 0) end
    return number
end
local function hex_of(bits)
    bits = string.rep("0", -#bits % 4) .. bits
    return (bits:gsub("....", function(four) return string.format("%x", number_of(four)) end))
end
local function float_of(bits)
    local exponents = #bits == 32 and 8 or 11
    local sign = bits:sub(1, 1) == "1" and -1 or 1
    local exponent, fraction = number_of(bits:sub(2, 1 + exponents)), bits:sub(2 + exponents)
    if exponent == 2 ^ exponents - 1 then return nil end
    local part = number_of(fraction) / 2 ^ #fraction
    local bias = 2 ^ (exponents - 1) - 1
    if exponent == 0 then return sign * part * 2 ^ (1 - bias) end
    return sign * (1 + part) * 2 ^ (exponent - bias)
end

-- Returns a number as it is shown, and as lengths are computed from it.
local function value_of(bits, class)
    if class == "float" then
        return float_of(bits), nil
    end
    local negative = class == "signed" and bits:sub(1, 1) == "1"
    local number = number_of(bits)
    if negative then
        -- Exact for small ones, too: the complement is what is missing to 0.
        number = -1 - number_of((bits:gsub(".", { ["0"] = "1", ["1"] = "0" })))
    end
    local measure = math.abs(number) <= 2 ^ 53 and number or nil
    if #bits <= 32 then return number, measure end
    if #bits > 64 then return "0x" .. hex_of(bits), measure end
    local filled = string.rep(negative and "1" or "0", 64 - #bits) .. bits
    local wide = class == "signed" and Int64 or UInt64
    return wide.fromhex(hex_of(filled)), measure
end

-- Matches a layout. Returns what it found and whether something in it isn't known, or nil.
function match.layout(form, frame)
    local found, at, values, unsure = {}, 0, {}, false
    for _, part in ipairs(form) do
        local size
        if part.width then
            if at + part.width > #frame * 8 then return nil end
            local bits = bits_of(frame, at, part.width, part.little)
            if part.given and part.given ~= bits then return nil end
            local value, measure = value_of(bits, part.class)
            if value == nil then return nil end
            if part.name then values[part.name] = measure end
            local from = math.floor(at / 8)
            size = math.ceil((at + part.width) / 8) - from
            table.insert(found, { field = part.field, from = from, size = size, value = value })
            at = at + part.width
        else
            local from = at / 8
            size = #frame - from
            if part.length then
                local computed = part.length(values)
                if computed == nil then return nil end
                if computed == UNKNOWN then
                    table.insert(found, { field = part.field, from = from, size = size })
                    return found, true
                end
                if computed < 0 or computed > size then return nil end
                size = computed
            end
            if part.given and frame:sub(from + 1, from + size) ~= part.given then return nil end
            table.insert(found, { field = part.field, from = from, size = size })
            at = at + size * 8
        end
        unsure = unsure or part.unknown
    end
    if at ~= #frame * 8 and not form.open then return nil end
    return found, unsure
end
function match.rest() return {} end
function match.unknown() return nil end

-- Returns the arm that takes a frame in a state: its place, what it found, and whether it is sure.
-- What may take it besides, because a guard or something unknown decides, is listed, too.
local function taken_in(state, frame, cache)
    local may, first = {}, nil
    for place, arm in ipairs(arms) do
        if state == nil or arm.states == nil or arm.states[state] then
            local matched = cache[place]
            if matched == nil then
                matched = { unsure = arm.guarded }
                for _, form in ipairs(arm) do
                    if form.kind == "unknown" then matched.unsure, matched.unknown = true, true end
                    local found, maybe = match[form.kind](form, frame)
                    if found then
                        -- A table behind may take what an arm for any frame leaves.
                        local is_any = form.kind == "rest" and arm.states == nil
                        matched.found, matched.any = found, is_any
                        matched.unsure = matched.unsure or maybe or is_any and place < #arms
                        break
                    end
                end
                cache[place] = matched
            end
            if matched.found or matched.unknown then table.insert(may, place) end
            if matched.found and (not first or first.matched.any and not matched.any) then
                first = { place = place, arm = arm, matched = matched, sure = #may == 1 and not matched.unsure }
            end
            if matched.found and not matched.unsure then break end
        end
    end
    return first, may
end

-- The states that each connection may be in, the most likely first, and what was known before each
-- message. Only the first pass over a capture is in order.
local streams, known = {}, {}
function proto.init() streams, known = {}, {} end
local stream_of = states and Field.new("tcp.stream")
local completeness = states and Field.new("tcp.completeness")

local function stream(pinfo, from_client)
    local client, server = tostring(pinfo.src) .. ":" .. pinfo.src_port, tostring(pinfo.dst) .. ":" .. pinfo.dst_port
    if not from_client then client, server = server, client end
    local key, own = client .. " " .. server, streams[client .. " " .. server]
    -- Fields aren't there in a pass that shows nothing. Where they are, they tell that a port is
    -- used again.
    local number, whole = stream_of(), completeness()
    number = number and number.value
    if own == nil or number and own.number and number ~= own.number then
        -- Without its begin, a connection may be in any state.
        local possible = whole and whole.value % 2 == 0 and states or { states[1] }
        own = { states = possible, packet = packet, number = number }
        streams[key] = own
    end
    return own
end

-- Returns what is known of a message: the states that the connection may be in before it, and its
-- packet mode.
local function before(pinfo, at, from_client)
    if not states then return { packet = packet } end
    local key = pinfo.number .. ":" .. at
    if known[key] == nil then
        local own = stream(pinfo, from_client)
        local mode = own.states[1].packet or packet
        -- A reply goes out under the mode of its call.
        known[key] = { states = own.states, packet = from_client and mode or own.packet }
    end
    return known[key]
end

-- Notes the states that a connection may be in after a frame. A client does mostly what the state
-- allows: where an arm of its own takes the frame in one state, those in which only the arm for any
-- rest does are left out.
local function follow(pinfo, now, takers)
    if now.is_followed then return end
    now.is_followed = true
    local own, after, has = stream(pinfo, true), {}, {}
    local function add(state)
        if not has[state] then
            has[state] = true
            table.insert(after, state)
        end
    end
    for _, taker in ipairs(takers) do
        for _, place in ipairs(taker.may) do
            for _, name in ipairs(arms[place].next or {}) do
                for _, state in ipairs(states) do
                    if state.name == name then add(state) end
                end
            end
        end
    end
    for _, taker in ipairs(takers) do add(taker.state) end
    for _, taker in ipairs(takers) do
        for _, place in ipairs(taker.may) do
            if arms[place].open then for _, state in ipairs(states) do add(state) end end
        end
    end
    own.states, own.packet = after, now.packet
end

-- Returns the arm that takes a frame, and whether that is sure.
local function taken(frame, now, pinfo)
    local cache = {}
    if not states then return (taken_in(nil, frame, cache)) end
    local takers, own = {}, {}
    for _, state in ipairs(now.states) do
        local first, may = taken_in(state.name, frame, cache)
        local taker = { state = state, first = first, may = may }
        table.insert(takers, taker)
        if first and not first.matched.any then table.insert(own, taker) end
    end
    local likely = #own > 0 and own or takers
    local first = likely[1] and likely[1].first
    for _, taker in ipairs(takers) do
        if first and (taker.first == nil or taker.first.place ~= first.place) then first.sure = false end
    end
    follow(pinfo, now, likely)
    return first
end

-- Shows the arm that a frame belongs to.
local function show(frame, tvb, from, tree, pinfo, now)
    local first = taken(frame, now, pinfo)
    if first == nil then
        pinfo.cols.info:append(" ?")
        return
    end
    local name = first.arm.name
    if not first.sure then name = name .. "?" end
    tree:add(fields.arm, tvb(from, #frame), first.arm.name)
    tree:append_text(": " .. name)
    pinfo.cols.info:append(" " .. name)
    for _, one in ipairs(first.matched.found) do
        if one.field then
            local part = tvb(from + one.from, one.size)
            local field = fields[one.field]
            if one.parse == "text" or one.parse == "char" then
                tree:add_packet_field(field, part, ENC_UTF_8 + ENC_STRING)
            elseif one.value == nil or one.parse == "bytes" then
                tree:add(field, part)
            else
                tree:add(field, part, one.value)
            end
        end
    end
end

-- Returns how far it is to the end of a text. It is looked for in parts, as many lines may be in
-- one segment.
local function ends(tvb, offset, text)
    local rest, size = tvb:len() - offset, 256
    repeat
        local _, last = tvb:raw(offset, math.min(size, rest)):find(text, 1, true)
        if last then return last end
        size = size * 4
    until size >= rest * 4
    return nil
end

-- How long a frame is with what is around it: 0 if that isn't known yet. The first number is how
-- many bytes tell it.
local function behind(header, from, bytes)
    return header, function(tvb, offset) return header + tvb(offset + from, bytes):uint() end
end
local function line(ending)
    return 1, function(tvb, offset) return ends(tvb, offset, ending) or 0 end
end
-- A header goes on where the next line begins with a blank. Where its segment ends, that isn't
-- waited for: Wireshark would show each header once more that another segment follows.
local function http(are_headers)
    return 1, function(tvb, offset)
        local last = ends(tvb, offset, "\n")
        if last == nil then return 0 end
        local is_header = last > 2 and (are_headers or tvb:raw(offset, last):find("^[^%s:]+[ \t]*:"))
        while last and is_header do
            if offset + last >= tvb:len() or not tvb:raw(offset + last, 1):find("[ \t]") then return last end
            local more = ends(tvb, offset + last, "\n")
            last = more and last + more
        end
        return last or 0
    end
end

local modes = {
    ["1"] = function() return behind(1, 0, 1) end,
    ["2"] = function() return behind(2, 0, 2) end,
    ["4"] = function() return behind(4, 0, 4) end,
    ["raw(N)"] = function(packet) return 1, function() return packet.size end end,
    ["line"] = function(packet) return line(packet.delimiter) end,
    ["line(crlf)"] = function() return line("\r\n") end,
    ["line(lf)"] = function() return line("\n") end,
    ["line(crlf | lf)"] = function() return line("\n") end,
    ["http"] = function() return http(false) end,
    ["httph"] = function() return http(true) end,
    ["sunrm"] = function()
        return 4, function(tvb, offset) return 4 + tvb(offset, 4):uint() % 0x80000000 end
    end,
    ["tpkt"] = function()
        return 4, function(tvb, offset) return math.max(tvb(offset + 2, 2):uint(), 4) end
    end,
    ["fcgi"] = function()
        return 8, function(tvb, offset) return 8 + tvb(offset + 4, 2):uint() + tvb(offset + 6, 1):uint() end
    end,
    ["cdr"] = function()
        return 12, function(tvb, offset)
            local size = tvb(offset + 8, 4)
            return 12 + (tvb(offset + 6, 1):uint() % 2 == 1 and size:le_uint() or size:uint())
        end
    end,
    ["asn1"] = function()
        return 2, function(tvb, offset)
            -- No tag in use is longer, and no length.
            local rest = tvb:len() - offset
            local bytes, at = tvb:raw(offset, math.min(rest, 256)), 2
            if bytes:byte(1) % 32 == 31 then
                while bytes:byte(at) and bytes:byte(at) >= 128 do at = at + 1 end
                at = at + 1
            end
            local first = bytes:byte(at)
            if first == nil then return #bytes < 256 and 0 or rest end
            if first < 128 then return at + first end
            local size, last = 0, at + first - 128
            if last - at > 4 then return rest end
            if #bytes < last then return 0 end
            for digit = at + 1, last do size = size * 256 + bytes:byte(digit) end
            return last + size
        end
    end,
}

-- Where replies aren't framed as calls are, a segment is one.
local plain_replies = { ["raw(N)"] = true, ["http"] = true, ["httph"] = true }

-- Returns where in a message its frame begins, and how long that is.
local function frame_in(bytes, mode)
    if mode == "1" or mode == "2" or mode == "4" then
        local header = tonumber(mode)
        return header, #bytes - header
    end
    if mode == "fcgi" then return 0, #bytes - bytes:byte(7) end
    local ending
    if mode == "line(crlf)" then ending = "\r\n$"
    elseif mode == "line(lf)" then ending = "\n$"
    elseif mode == "line(crlf | lf)" then ending = "\r?\n$" end
    local last = ending and bytes:find(ending)
    return 0, last and last - 1 or #bytes
end

local function is_from_client(pinfo) return pinfo.match_uint == pinfo.dst_port end

local function message(tvb, pinfo, tree)
    local bytes, from_client = tvb:raw(), is_from_client(pinfo)
    local now = before(pinfo, tvb:offset(), from_client)
    local mode = now.packet.mode
    if not from_client and plain_replies[mode] then mode = "raw" end
    local from, size = frame_in(bytes, mode)
    local root = tree:add(proto, tvb())
    root:add(fields.frame, tvb(from, size))
    if from_client then
        show(bytes:sub(from + 1, from + size), tvb, from, root, pinfo, now)
    else
        root:append_text(": from the server")
        pinfo.cols.info:append(" from the server")
    end
    return tvb:len()
end

function proto.dissector(tvb, pinfo, tree)
    pinfo.cols.protocol = title
    pinfo.cols.info:clear()
    local from_client = is_from_client(pinfo)
    if not states then
        local mode = modes[packet.mode]
        if mode == nil or not from_client and plain_replies[packet.mode] then return message(tvb, pinfo, tree) end
        local header, size = mode(packet)
        dissect_tcp_pdus(tvb, tree, header, function(tvb, pinfo, offset) return size(tvb, offset) end, message)
        return tvb:len()
    end
    -- The mode may be another one for each message.
    local function length(tvb, pinfo, offset)
        local now = before(pinfo, tvb:offset() + offset, from_client)
        local mode, rest = modes[now.packet.mode], tvb:len() - offset
        if mode == nil or not from_client and plain_replies[now.packet.mode] then return rest end
        local header, size = mode(now.packet)
        if rest < header then return 0 end
        return size(tvb, offset)
    end
    dissect_tcp_pdus(tvb, tree, 1, length, message)
    return tvb:len()
end

local ports = DissectorTable.get("tcp.port")
if port then ports:add(port, proto) else ports:add_for_decode_as(proto) end
