#!/usr/bin/env escript
%%! +sbwt none +sbwtdcpu none +sbwtdio none +Q 65536 -noinput
%% An echo of lines with kai's process design: each process accepts and serves what it accepted, then accepts again.
%% Schedulers don't spin while they wait, so that processor time is work.
-mode(compile).

-define(ACCEPTORS, 10100).

main([Port]) ->
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
    [spawn_link(fun() -> accept(Listener) end) || _ <- lists:seq(1, ?ACCEPTORS)],
    receive stop -> ok end.

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    serve(Socket),
    accept(Listener).

serve(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, <<"bye\r\n">>} ->
            gen_tcp:send(Socket, <<"cya\r\n">>),
            gen_tcp:close(Socket);
        {ok, Line} ->
            case gen_tcp:send(Socket, Line) of
                ok -> serve(Socket);
                {error, _} -> gen_tcp:close(Socket)
            end;
        {error, _} ->
            gen_tcp:close(Socket)
    end.
