#!/usr/bin/env escript
%%! -mode compile
%% Writes random layouts of bit fields, inputs for them, and what Erlang's own bit syntax says of each.
%%
%%     escript tests/vectors/bits/generate.escript tests/vectors/bits/cases.jsonl tests/tests/attribute/bits_vectors/cases.rs
%%
%% The first file has Erlang's answers, the second the same layouts as Rust compiles them. Each layout becomes a clause of a function,
%% compiled by Erlang's compiler; the answers are what the function returns. The seed is fixed, so a run on the same
%% Erlang/OTP writes the same files.

-define(CASES, 500).
-define(MODULE_OF_CASES, bits_cases).

main([Answers, Rust]) ->
    rand:seed(exsss, {2008, 10, 1}),
    Layouts = [layout() || _ <- lists:seq(1, ?CASES)],
    Numbered = lists:zip(lists:seq(0, ?CASES - 1), Layouts),
    Source = ["-module(bits_cases). -compile([export_all, nowarn_export_all]).\n",
              [erlang_function(N, L) || {N, L} <- Numbered]],
    load(lists:flatten(Source)),
    ok = file:write_file(Answers, [answers(N, L) || {N, L} <- Numbered]),
    ok = file:write_file(Rust, rust_file(Numbered)).

load(Source) ->
    {ok, Tokens, _} = erl_scan:string(Source),
    Forms = [begin {ok, Form} = erl_parse:parse_form(T), Form end || T <- forms(Tokens, [])],
    {ok, Module, Binary} = compile:forms(Forms, []),
    {module, Module} = code:load_binary(Module, "cases", Binary).

forms([], _) -> [];
forms([{dot, _} = Dot | Tokens], Form) -> [lists:reverse([Dot | Form]) | forms(Tokens, [])];
forms([Token | Tokens], Form) -> forms(Tokens, [Token | Form]).

%% Layouts: lists of
%%   {int, Value, Class, Width, Order, Most}    Value: {name, N} | blank | {literal, Integer, Spelling}; Most: greatest random value
%%   {float, Value, Width, Order}
%%   {text, String, Spelling}
%%   {bytes, Value, fixed, Bytes} | {bytes, Value, computed, Expression} | {bytes, Value, open}

layout() -> layout(rand:uniform(7), 0, 1, [], []).

layout(0, At, N, _, Fields) ->
    {Padding, N1} = pad(At, N),
    Tail = case rand:uniform(10) of
        1 -> [{bytes, blank, open}];
        R when R =< 3 -> [{bytes, {name, N1}, open}];
        _ -> []
    end,
    lists:reverse(Fields) ++ Padding ++ Tail;
layout(Left, At, N, Lengths, Fields) ->
    case rand:uniform(20) of
        R when R =< 11 ->
            Field = int(N),
            layout(Left - 1, At + element(4, Field), N + 1, Lengths, [Field | Fields]);
        R when R =< 13 ->
            {Width, Values} = pick([{32, [1.5, -0.25, 1024.0]}, {64, [0.1, -2.5, 1.0e100]}]),
            Value = case rand:uniform(6) of
                1 -> blank;
                2 -> {literal, pick(Values), rand:uniform(2)};
                _ -> {name, N}
            end,
            layout(Left - 1, At + Width, N + 1, Lengths, [{float, Value, Width, pick([big, little])} | Fields]);
        14 ->
            Text = pick(["GIOP", "a", "\r\n", "{x}"]),
            layout(Left - 1, At + 8 * length(Text), N, Lengths, [{text, Text, rand:uniform(2)} | Fields]);
        R when R =< 16 ->
            {Padding, N1} = pad(At, N),
            Field = {bytes, pick([{name, N1}, {name, N1}, blank]), fixed, rand:uniform(6) - 1},
            layout(Left - 1, 0, N1 + 1, Lengths, [Field | lists:reverse(Padding, Fields)]);
        _ ->
            {Class, Width, Order} = {pick([u, u, u, i]), 3 + rand:uniform(14), pick([big, big, little])},
            Length = {int, {name, N}, Class, Width, Order, 12},
            {Padding, N1} = pad(At + Width, N + 1),
            Field = {bytes, {name, N1}, computed, expression([N | Lengths])},
            layout(Left - 1, 0, N1 + 1, [N | Lengths], [Field | lists:reverse(Padding, [Length | Fields])])
    end.

pad(At, N) when At rem 8 =:= 0 -> {[], N};
pad(At, N) ->
    Width = 8 - At rem 8,
    {[{int, pick([{name, N}, blank]), u, Width, big, none}], N + 1}.

int(N) ->
    Class = pick([u, u, i]),
    Width = case rand:uniform(3) of
        1 -> pick([8, 16, 32, 64, 128]);
        2 -> rand:uniform(16);
        3 -> rand:uniform(128)
    end,
    Value = case rand:uniform(10) of
        R when R =< 7 -> {name, N};
        8 -> blank;
        _ -> {literal, random(Class, Width, none), rand:uniform(3)}
    end,
    {int, Value, Class, Width, pick([big, big, little]), none}.

expression(Lengths) ->
    V = {name, pick(Lengths)},
    K = {number, rand:uniform(5)},
    case rand:uniform(11) of
        1 -> {'+', V, K};
        2 -> {'-', V, K};
        3 -> {'*', V, {number, rand:uniform(3)}};
        4 -> {'/', V, K};
        5 -> {'%', V, K};
        6 -> {'<<', V, {number, rand:uniform(2)}};
        7 -> {'>>', V, {number, rand:uniform(2)}};
        8 -> {'*', {number, 2}, {'-', V, K}};
        9 -> {'-', {'+', V, {name, pick(Lengths)}}, K};
        10 -> {'/', K, V};
        11 -> V
    end.

pick(List) -> lists:nth(rand:uniform(length(List)), List).

random(u, Width, none) -> rand:uniform(1 bsl Width) - 1;
random(i, Width, none) -> rand:uniform(1 bsl Width) - 1 - (1 bsl (Width - 1));
random(u, Width, Most) -> min(rand:uniform(Most + 1) - 1, (1 bsl Width) - 1);
random(i, Width, Most) -> min(rand:uniform(Most + 3) - 3, (1 bsl (Width - 1)) - 1).

%% Erlang: a function for each layout.

erlang_function(N, Layout) ->
    Names = string:join(["V" ++ integer_to_list(V) || {V, _} <- names(Layout)], ", "),
    io_lib:format("f~b(~s) -> {ok, [~s], ~s};\nf~b(_) -> nomatch.\n",
                  [N, erlang_pattern(Layout), Names, erlang_builder(Layout), N]).

erlang_pattern(Layout) -> ["<<", lists:join(", ", [erlang_field(F) || F <- Layout]), ">>"].

erlang_builder(Layout) ->
    ["<<", lists:join(", ", [erlang_field(zero(F)) || F <- Layout, F =/= {bytes, blank, open}]), ">>"].

%% What is built where the pattern skips.
zero({int, blank, Class, Width, Order, Most}) -> {int, {literal, 0, 3}, Class, Width, Order, Most};
zero({float, blank, Width, Order}) -> {float, {literal, 0.0, 2}, Width, Order};
zero({bytes, blank, fixed, Bytes}) -> {zeros, Bytes};
zero(Field) -> Field.

erlang_field({int, Value, Class, Width, Order, _}) ->
    io_lib:format("~s:~b/~s-~s", [erlang_value(Value), Width, case Class of u -> unsigned; i -> signed end, Order]);
erlang_field({float, Value, Width, Order}) ->
    io_lib:format("~s:~b/float-~s", [erlang_value(Value), Width, Order]);
erlang_field({text, Text, _}) -> io_lib:format("~p", [Text]);
erlang_field({zeros, Bytes}) -> io_lib:format("0:~b", [8 * Bytes]);
erlang_field({bytes, Value, fixed, Bytes}) -> io_lib:format("~s:~b/binary", [erlang_value(Value), Bytes]);
erlang_field({bytes, Value, computed, Expression}) ->
    io_lib:format("~s:~s/binary", [erlang_value(Value), erlang_expression(Expression)]);
erlang_field({bytes, Value, open}) -> io_lib:format("~s/binary", [erlang_value(Value)]).

erlang_value({name, N}) -> io_lib:format("V~b", [N]);
erlang_value(blank) -> "_";
erlang_value({literal, Value, _}) -> io_lib:format("~w", [Value]).

erlang_expression({name, N}) -> io_lib:format("V~b", [N]);
erlang_expression({number, N}) -> integer_to_list(N);
erlang_expression({Operator, A, B}) ->
    Word = proplists:get_value(Operator, [{'/', 'div'}, {'%', 'rem'}, {'<<', 'bsl'}, {'>>', 'bsr'}], Operator),
    io_lib:format("(~s ~s ~s)", [erlang_expression(A), Word, erlang_expression(B)]).

names(Layout) -> [{V, F} || F <- Layout, tuple_size(F) > 3 orelse element(1, F) =:= bytes, {name, V} <- [element(2, F)]].

%% Rust: the same layouts.

rust_file(Numbered) ->
    ["// Written by tests/vectors/bits/generate.escript: number, pattern, names, what is built.\n\ncases! {\n",
     [io_lib:format("    ~b: (~s) [~s] (~s);\n",
                    [N, rust_layout(L), lists:join(" ", ["v" ++ integer_to_list(V) || {V, _} <- names(L)]), rust_builder(L)])
      || {N, L} <- Numbered],
     "}\n"].

rust_layout(Layout) -> lists:join(", ", [rust_field(F) || F <- Layout]).

rust_builder(Layout) -> lists:join(", ", [rust_field(zero(F)) || F <- Layout, F =/= {bytes, blank, open}]).

rust_field({int, {literal, Value, Spelling}, Class, Width, Order, _}) ->
    Type = rust_type(Class, Width, Order),
    case Spelling of
        1 -> io_lib:format("~b~s", [Value, Type]);
        2 when Value >= 0 -> io_lib:format("0x~.16b~s", [Value, Type]);
        2 -> io_lib:format("-0x~.16b~s", [-Value, Type]);
        3 -> io_lib:format("~b: ~s", [Value, Type])
    end;
rust_field({int, Value, Class, Width, Order, _}) ->
    io_lib:format("~s: ~s", [rust_value(Value), rust_type(Class, Width, Order)]);
rust_field({float, {literal, Value, 1}, Width, Order}) -> io_lib:format("~w~s", [Value, rust_type(f, Width, Order)]);
rust_field({float, Value, Width, Order}) -> io_lib:format("~s: ~s", [rust_value(Value), rust_type(f, Width, Order)]);
rust_field({text, Text, 1}) -> rust_text(Text);
rust_field({text, Text, 2}) -> ["b", rust_text(Text)];
rust_field({zeros, Bytes}) -> io_lib:format("[0_u8; ~b]", [Bytes]);
rust_field({bytes, Value, fixed, Bytes}) -> io_lib:format("~s: [u8; ~b]", [rust_value(Value), Bytes]);
rust_field({bytes, Value, computed, Expression}) ->
    io_lib:format("~s: [u8; ~s]", [rust_value(Value), rust_expression(Expression)]);
rust_field({bytes, Value, open}) -> io_lib:format("~s: [u8]", [rust_value(Value)]).

rust_type(Class, Width, Order) ->
    io_lib:format("~s~b~s", [Class, Width, case Order of little -> "le"; big -> "" end]).

rust_text(Text) -> io_lib:format("~p", [Text]).

rust_value({name, N}) -> io_lib:format("v~b", [N]);
rust_value(blank) -> "_";
rust_value({literal, Value, _}) -> io_lib:format("~w", [Value]).

rust_expression({Operator, A, B}) -> io_lib:format("~s ~s ~s", [rust_operand(A), Operator, rust_operand(B)]);
rust_expression(Operand) -> rust_operand(Operand).

rust_operand({name, N}) -> io_lib:format("v~b", [N]);
rust_operand({number, N}) -> integer_to_list(N);
rust_operand(Expression) -> ["(", rust_expression(Expression), ")"].

%% Inputs, and the answers to them.

answers(N, Layout) ->
    Inputs = [input(Layout), input(Layout), flipped(input(Layout)), pick([cut(input(Layout)), extended(input(Layout))])],
    Answers = lists:join(",", [answer(N, Layout, Input) || Input <- Inputs]),
    io_lib:format("{\"id\":~b,\"rust\":~s,\"erlang\":~s,\"inputs\":[~s]}\n",
                  [N, json(rust_layout(Layout)), json(erlang_pattern(Layout)), Answers]).

answer(N, Layout, Input) ->
    Function = list_to_atom("f" ++ integer_to_list(N)),
    case ?MODULE_OF_CASES:Function(Input) of
        nomatch -> io_lib:format("{\"input\":\"~s\",\"values\":null}", [hex(Input)]);
        {ok, Values, Built} ->
            Shown = [io_lib:format("\"~s\"", [show(F, V)]) || {{_, F}, V} <- lists:zip(names(Layout), Values)],
            io_lib:format("{\"input\":\"~s\",\"values\":[~s],\"built\":\"~s\"}",
                          [hex(Input), lists:join(",", Shown), hex(Built)])
    end.

%% An integer in decimal, a float as the bits of 64, bytes in hex.
show({int, _, _, _, _, _}, Value) -> integer_to_list(Value);
show({float, _, _, _}, Value) -> hex(<<Value/float>>);
show(_, Value) -> hex(Value).

hex(Binary) -> string:lowercase(binary:encode_hex(Binary)).

json(Text) ->
    Escaped = [case C of $" -> "\\\""; $\\ -> "\\\\"; _ -> C end || C <- lists:flatten(Text)],
    ["\"", Escaped, "\""].

%% What the layout should match.
input(Layout) ->
    {Bits, _} = lists:foldl(fun(Field, {Before, Values}) ->
        {Bits, Values1} = bits(Field, Values),
        {<<Before/bitstring, Bits/bitstring>>, Values1}
    end, {<<>>, #{}}, Layout),
    Bits.

bits({int, {literal, Value, _}, Class, Width, Order, _}, Values) -> {int_bits(Value, Class, Width, Order), Values};
bits({int, Name, Class, Width, Order, Most}, Values) ->
    Value = random(Class, Width, Most),
    {int_bits(Value, Class, Width, Order), bind(Name, Value, Values)};
bits({float, {literal, Value, _}, Width, Order}, Values) -> {float_bits(Value, Width, Order), Values};
bits({float, _, Width, Order}, Values) ->
    case rand:uniform(5) of
        1 -> {rand:bytes(Width div 8), Values};
        2 -> {float_bits(pick([0.0, -0.0]), Width, Order), Values};
        3 when Width =:= 32, Order =:= big -> {pick([<<16#7fc00000:32>>, <<16#ff800000:32>>]), Values};
        _ -> {float_bits(rand:normal() * 1000, Width, Order), Values}
    end;
bits({text, Text, _}, Values) -> {list_to_binary(Text), Values};
bits({bytes, _, fixed, Bytes}, Values) -> {rand:bytes(Bytes), Values};
bits({bytes, _, computed, Expression}, Values) ->
    Length = try compute(Expression, Values) catch error:_ -> 0 end,
    {rand:bytes(if Length >= 0, Length =< 100 -> Length; true -> rand:uniform(4) - 1 end), Values};
bits({bytes, _, open}, Values) -> {rand:bytes(rand:uniform(6) - 1), Values}.

bind({name, N}, Value, Values) -> Values#{N => Value};
bind(_, _, Values) -> Values.

int_bits(V, u, W, big) -> <<V:W/unsigned-big>>;
int_bits(V, u, W, little) -> <<V:W/unsigned-little>>;
int_bits(V, i, W, big) -> <<V:W/signed-big>>;
int_bits(V, i, W, little) -> <<V:W/signed-little>>.

float_bits(V, W, big) -> <<V:W/float-big>>;
float_bits(V, W, little) -> <<V:W/float-little>>.

compute({name, N}, Values) -> maps:get(N, Values);
compute({number, N}, _) -> N;
compute({Operator, A, B}, Values) ->
    {X, Y} = {compute(A, Values), compute(B, Values)},
    case Operator of
        '+' -> X + Y; '-' -> X - Y; '*' -> X * Y; '/' -> X div Y; '%' -> X rem Y; '<<' -> X bsl Y; '>>' -> X bsr Y
    end.

flipped(<<>>) -> <<0>>;
flipped(Input) ->
    At = rand:uniform(bit_size(Input)) - 1,
    <<Before:At/bitstring, Bit:1, After/bitstring>> = Input,
    <<Before/bitstring, (1 - Bit):1, After/bitstring>>.

cut(<<>>) -> <<>>;
cut(Input) -> binary:part(Input, 0, byte_size(Input) - min(byte_size(Input), rand:uniform(3))).

extended(Input) -> <<Input/binary, (rand:bytes(rand:uniform(3)))/binary>>.
