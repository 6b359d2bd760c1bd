//! An example of this project is recorded while clients made for its protocol use it, and played
//! against a new one by `examples/replay.rs`.

use std::fs;
use std::process::Command;

use kai_tcp_server_tests::{Example, Folder, available};

fn redis(folder: &Folder) -> Example {
    let dir = folder.path("recordings");
    Example::start_under("redis", &["0"], &[("KAI_REDIS_RECORD_DIR", dir.to_str().unwrap())])
}

fn cli(port: u16, words: &[&str]) {
    let output = Command::new("redis-cli")
        .args(["-p", &port.to_string()])
        .args(words)
        .output();
    assert!(output.expect("redis-cli runs").status.success());
}

#[test]
fn what_redis_cli_says_to_redis_is_played_against_a_new_one() {
    if !available("redis-cli", &["--version"], "apt-get install redis-tools") {
        return;
    }
    let folder = Folder::new();
    let recorded = redis(&folder);
    let port = recorded.addr().port();
    for words in [
        &["set", "greeting", "hello"][..],
        &["get", "greeting"],
        &["rpush", "list", "a", "b \r\n c", "\u{fc}"],
        &["lrange", "list", "0", "-1"],
        &["incrby", "number", "41"],
        &["nonsense", "{braces}", "S! closed"],
    ] {
        cli(port, words);
    }
    recorded.signal("TERM");
    assert!(recorded.wait().0);

    let path = folder.path("recordings").to_str().unwrap().to_owned();
    let replay = |path: &str| {
        let anew = Example::start("redis", &["0"]);
        let addr = anew.addr().to_string();
        let output = Command::new(Example::path("replay"))
            .args([path, &addr])
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    let (code, said) = replay(&path);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("no difference: 6 connections, "), "{said}");

    let file = fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("S. :41\\r\\n\n"), "{text}");
    let line = 1 + text.lines().position(|line| line.ends_with("S. :41\\r\\n")).unwrap();
    fs::write(&file, text.replace("S. :41\\r\\n", "S. :42\\r\\n")).unwrap();
    let (code, said) = replay(&path);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!(":{line}: connection #")), "{said}");
    assert!(
        said.contains("recorded `:42\\r\\n`") && said.contains("received `:41\\r\\n`"),
        "{said}"
    );
    assert_eq!(replay("no/such/recording").0, Some(2));
}
