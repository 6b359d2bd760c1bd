#!/usr/bin/env escript
%%! +sbwt none +sbwtdcpu none +sbwtdio none +Q 65536 -noinput
%% An echo of lines with kai's process design: each process accepts and serves what it accepted, then accepts again.
%% Schedulers don't spin while they wait, so that processor time is work.
-mode(compile).

-define(ACCEPTORS, 10100).

main([Port, Work]) ->
    {ok, Listener} = gen_tcp:listen(list_to_integer(Port), [
        binary,
        {ip, {127, 0, 0, 1}},
        {packet, line},
        {packet_size, 65536},
        {buffer, 65536},
        {active, false},
        {reuseaddr, true},
        {nodelay, true},
        {keepalive, true},
        {backlog, 1024}
    ]),
    [spawn_link(fun() -> accept(Listener, list_to_integer(Work)) end) || _ <- lists:seq(1, ?ACCEPTORS)],
    receive stop -> ok end.

accept(Listener, Work) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    serve(Socket, Work),
    accept(Listener, Work).

serve(Socket, Work) ->
    Received = gen_tcp:recv(Socket, 0),
    work(Work),
    case Received of
        {ok, <<"bye\r\n">>} ->
            gen_tcp:send(Socket, <<"cya\r\n">>),
            gen_tcp:close(Socket);
        {ok, Line} ->
            case gen_tcp:send(Socket, Line) of
                ok -> serve(Socket, Work);
                {error, _} -> gen_tcp:close(Socket)
            end;
        {error, _} ->
            gen_tcp:close(Socket)
    end.

%% Works for so many nanoseconds at each call; not at all by default.
work(0) -> ok;
work(Work) -> work_until(erlang:monotonic_time(nanosecond) + Work).

work_until(End) ->
    case erlang:monotonic_time(nanosecond) < End of
        true -> work_until(End);
        false -> ok
    end.
