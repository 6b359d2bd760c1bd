//! A browser without a window: Debian's chromium, driven by its chromedriver.

use std::io::{BufRead as _, BufReader, Write as _, stderr};
use std::process::{Child, Command, Stdio};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, MutexGuard};

/// One browser at a time, as each takes some hundred megabytes.
static ONE: Mutex<()> = Mutex::const_new(());

pub(crate) struct Browser {
    client: Client,
    _driver: Driver,
    _one: MutexGuard<'static, ()>,
}

/// chromedriver, which ends with this, and its browsers with it.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Browser {
    /// Opens a browser. Returns `None` where there is none; with `KAI_TEST_ALL` the test fails then.
    pub(crate) async fn open() -> Option<Self> {
        let one = ONE.lock().await;
        let Some((driver, port)) = drive() else {
            let skipped = "SKIPPED: needs `chromedriver`: apt-get install chromium chromium-driver";
            assert!(std::env::var_os("KAI_TEST_ALL").is_none(), "{skipped}");
            // The harness shows the output of `eprintln!` only if the test fails.
            drop(writeln!(stderr(), "{skipped}"));
            return None;
        };
        let options = json!({
            "goog:chromeOptions": {
                // A sandbox can't be made by root, nor in most containers.
                "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000"],
            },
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let mut capabilities = Map::new();
        capabilities.extend(options.as_object().cloned().unwrap());
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Some(Browser {
            client,
            _driver: driver,
            _one: one,
        })
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Returns the value of an expression of the page's script.
    pub(crate) async fn value(&self, expression: &str) -> Value {
        self.client.execute(&format!("return {expression}"), Vec::new()).await.unwrap()
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
        let waited = self.client.execute_async(&script, Vec::new()).await;
        if let Err(error) = waited {
            let seen = self.value("document.body.innerText").await;
            panic!("{condition}: {error}\n{}", seen.as_str().unwrap_or_default());
        }
    }

    /// Clicks at what a selector finds.
    pub(crate) async fn click(&self, selector: &str) {
        self.value(&format!("document.querySelector({}).click()", json!(selector))).await;
    }

    /// Fills a field in.
    pub(crate) async fn fill(&self, id: &str, text: &str) {
        self.value(&format!("document.getElementById({}).value = {}", json!(id), json!(text))).await;
    }

    /// Calls a method of the browser's own protocol.
    pub(crate) async fn devtools(&self, method: &str, parameters: Value) -> Value {
        self.command("goog/cdp/execute", json!({"cmd": method, "params": parameters})).await
    }

    /// Returns what the console has said since this was asked last: refused resources, errors of
    /// scripts and of requests.
    pub(crate) async fn console(&self) -> Vec<String> {
        let log = self.command("se/log", json!({"type": "browser"})).await;
        let lines = log.as_array().unwrap().iter();
        lines.map(|line| format!("{} {}", line["level"], line["message"])).collect()
    }

    async fn command(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Raw { path, body }).await.unwrap()
    }

    pub(crate) async fn close(self) {
        let Browser { client, .. } = self;
        client.close().await.unwrap();
    }
}

/// Starts chromedriver on a port that it chooses.
fn drive() -> Option<(Driver, u16)> {
    let child = Command::new("chromedriver").arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut driver = Driver(child.ok()?);
    let mut lines = BufReader::new(driver.0.stdout.take()?).lines();
    let port = lines.find_map(|line| {
        let line = line.ok()?;
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    // It may write more, which must not stop it.
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, port?))
}

/// A command of chromedriver that isn't one of every driver.
#[derive(Debug)]
struct Raw {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Raw {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (hyper::Method, Option<String>) {
        (hyper::Method::POST, Some(self.body.to_string()))
    }
}
