//! A browser without a window: Debian's chromium, driven by its chromedriver.

use std::io::{BufRead as _, BufReader, Write as _, stderr};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::HOST;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, MutexGuard};

/// One browser at a time, as each takes some hundred megabytes.
static ONE: Mutex<()> = Mutex::const_new(());

pub(crate) struct Browser {
    driver: Driver,
    session: String,
    _one: MutexGuard<'static, ()>,
}

/// chromedriver, which ends with this, and its browsers with it.
struct Driver {
    child: Child,
    port: u16,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It ends its browsers before it ends, which a kill wouldn't let it do.
        let told = std::net::TcpStream::connect(("127.0.0.1", self.port));
        let asked = told.and_then(|mut told| told.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
        if asked.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl Driver {
    /// Makes a request, and returns what the driver answers.
    async fn ask(&self, method: Method, path: &str, body: Value) -> Result<Value, Value> {
        let host = format!("127.0.0.1:{}", self.port);
        let stream = TokioIo::new(TcpStream::connect(&host).await.unwrap());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        let body = if method == Method::POST {
            body.to_string()
        } else {
            String::new()
        };
        let request = Request::builder().method(method).uri(path).header(HOST, host);
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let is_done = answer.status().is_success();
        let answer = answer.into_body().collect().await.unwrap().to_bytes();
        drop(sender);
        let _ = connection.await;
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        let value = answer["value"].take();
        if is_done { Ok(value) } else { Err(value) }
    }
}

impl Browser {
    /// Opens a browser. Returns `None` where there is none; with `KAI_TEST_ALL` the test fails
    /// then.
    pub(crate) async fn open() -> Option<Self> {
        let one = ONE.lock().await;
        let Some(driver) = drive() else {
            let skipped = "SKIPPED: needs `chromedriver`: apt-get install chromium chromium-driver";
            assert!(std::env::var_os("KAI_TEST_ALL").is_none(), "{skipped}");
            // The harness shows the output of `eprintln!` only if the test fails.
            drop(writeln!(stderr(), "{skipped}"));
            return None;
        };
        let wanted = json!({
            "goog:chromeOptions": {
                // A sandbox can't be made by root, nor in most containers.
                "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000"],
            },
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let wanted = json!({"capabilities": {"alwaysMatch": wanted}});
        let begun = driver.ask(Method::POST, "/session", wanted).await.unwrap();
        Some(Browser {
            session: begun["sessionId"].as_str().unwrap().to_owned(),
            driver,
            _one: one,
        })
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.command("url", json!({"url": url})).await.unwrap();
    }

    /// Returns the value of an expression of the page's script.
    pub(crate) async fn value(&self, expression: &str) -> Value {
        let script = json!({"script": format!("return {expression}"), "args": []});
        self.command("execute/sync", script).await.unwrap()
    }

    /// Waits until an expression of the page's script is true, which is looked at whenever the page
    /// changes. The driver gives up after 30 s.
    pub(crate) async fn until(&self, condition: &str) {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const look = () => {{ if ({condition}) {{ observer.disconnect(); done(true); }} }};
             const observer = new MutationObserver(look);
             observer.observe(document, {{ subtree: true, childList: true, characterData: true, attributes: true }});
             look();"
        );
        let waited = self
            .command("execute/async", json!({"script": script, "args": []}))
            .await;
        if let Err(error) = waited {
            let seen = self.value("document.body.innerText").await;
            panic!("{condition}: {error}\n{}", seen.as_str().unwrap_or_default());
        }
    }

    /// Clicks at what a selector finds.
    pub(crate) async fn click(&self, selector: &str) {
        self.value(&format!("document.querySelector({}).click()", json!(selector)))
            .await;
    }

    /// Fills a field in.
    pub(crate) async fn fill(&self, id: &str, text: &str) {
        self.value(&format!(
            "document.getElementById({}).value = {}",
            json!(id),
            json!(text)
        ))
        .await;
    }

    /// Calls a method of the browser's own protocol.
    pub(crate) async fn devtools(&self, method: &str, parameters: Value) -> Value {
        self.command("goog/cdp/execute", json!({"cmd": method, "params": parameters}))
            .await
            .unwrap()
    }

    /// Returns what the console has said since this was asked last: refused resources, errors of
    /// scripts and of requests.
    pub(crate) async fn console(&self) -> Vec<String> {
        let log = self.command("se/log", json!({"type": "browser"})).await.unwrap();
        let lines = log.as_array().unwrap().iter();
        lines
            .map(|line| format!("{} {}", line["level"], line["message"]))
            .collect()
    }

    async fn command(&self, path: &str, body: Value) -> Result<Value, Value> {
        let path = format!("/session/{}/{path}", self.session);
        self.driver.ask(Method::POST, &path, body).await
    }

    pub(crate) async fn close(self) {
        let path = format!("/session/{}", self.session);
        self.driver.ask(Method::DELETE, &path, Value::Null).await.unwrap();
    }
}

/// Starts chromedriver on a port that it chooses.
fn drive() -> Option<Driver> {
    let mut child = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut lines = BufReader::new(child.stdout.take()?).lines();
    let port = lines.find_map(|line| {
        let line = line.ok()?;
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    // It may write more, which must not stop it.
    std::thread::spawn(move || lines.for_each(drop));
    let port = port.expect("chromedriver says its port");
    Some(Driver { child, port })
}
