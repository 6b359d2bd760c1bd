use kai_tcp_server_spec::option;
use kai_tcp_server_spec::suggest::nearest;

use crate::model::callbacks;

fn callback(name: &str) -> Option<&'static str> {
    callbacks::meant(name).map(|callback| callback.name)
}

#[test]
fn a_slip_finds_the_option() {
    for (slip, option) in [
        ("prot", "port"),
        ("max_process", "max_processes"),
        ("recv_timout", "recv_timeout"),
        ("nodlay", "nodelay"),
        ("pakcet", "packet"),
    ] {
        assert_eq!(nearest(slip, option::names()), Some(option), "{slip}");
    }
}

#[test]
fn another_word_finds_none() {
    for word in ["colour", "p", "", "pip", "maximum"] {
        assert_eq!(nearest(word, option::names()), None, "{word}");
    }
}

#[test]
fn a_slip_finds_the_callback() {
    for (slip, meant) in [
        ("conected", "connected"),
        ("handle_cal", "handle_call"),
        ("handel_call", "handle_call"),
        ("handle_inof", "handle_info"),
        ("on_close", "closed"),
        ("handle_message", "handle_info"),
        ("terminat", "terminate"),
        ("itnit", "init"),
        ("pasive", "passive"),
        ("on_passive", "passive"),
        ("handle_passive", "passive"),
        ("tcp_passive", "passive"),
        ("stoping", "stopping"),
        ("relaod", "reload"),
        ("on_hup", "reload"),
        ("on_stopping", "stopping"),
        ("draining", "stopping"),
        ("on_stop", "terminate"),
        ("freze", "freeze"),
        ("on_freeze", "freeze"),
        ("save_session", "freeze"),
        ("thwa", "thaw"),
        ("on_restore", "thaw"),
        ("code_change", "thaw"),
        ("take_over", "taken_over"),
        ("on_resume", "taken_over"),
        ("handed_over", "taken_over"),
    ] {
        assert_eq!(callback(slip), Some(meant), "{slip}");
    }
}

#[test]
fn ordinary_methods_are_no_callbacks() {
    for name in [
        "close",
        "connect",
        "new",
        "get",
        "put",
        "handle",
        "call",
        "fail",
        "failure",
        "store",
        "greeting",
        "initial",
        "active",
        "massive",
        "pass",
        "stop",
        "stopped",
        "topping",
        "shopping",
        "dropping",
        "stepping",
        "skipping",
        "preload",
        "unload",
        "load",
        "upload",
        "relay",
        "read",
        "that",
        "thaws",
        "freezer",
        "frozen",
        "save",
        "restore",
        "serialize",
        "resume",
        "upgrade",
        "taken",
        "overtake",
    ] {
        assert_eq!(callback(name), None, "{name}");
    }
}
