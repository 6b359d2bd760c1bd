#!/usr/bin/env python3
"""Makes picture.png: the page of the example smtp under load, as chromium shows it.

Needs Debian's chromium and chromium-driver, and `cargo build --release --example smtp --features dashboard` before.
Takes the program of the example as its argument.
"""

import base64
import json
import pathlib
import smtplib
import subprocess
import sys
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SMTP, DRIVER, SECONDS = 2525, 9515, 130


def client(number, end):
    """Sends mails until the end, a new connection for each dozen, as fast as its number says."""
    while time.monotonic() < end:
        try:
            with smtplib.SMTP("127.0.0.1", SMTP, local_hostname=f"host{number}.example") as smtp:
                for mail in range(12):
                    # Mail comes in waves.
                    wave = 1 + int(time.monotonic() / 15) % 3
                    time.sleep(0.02 * (1 + number % 4) * wave)
                    text = f"Subject: mail {mail}\n\n" + "lorem ipsum " * (10 * number)
                    smtp.sendmail(f"anna{number}@example.test", [f"bob{mail}@example.test"], text)
        except (OSError, smtplib.SMTPException):
            time.sleep(0.1)


def command(method, path, body=None):
    """Asks chromedriver."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{DRIVER}{path}", method=method, data=data)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["value"]


def picture():
    """Looks at the page while clients send, and returns the picture."""
    arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"]
    wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}}
    session = "/session/" + command("POST", "/session", wanted)["sessionId"]

    def devtools(method, **parameters):
        return command("POST", session + "/goog/cdp/execute", {"cmd": method, "params": parameters})

    try:
        devtools("Emulation.setDeviceMetricsOverride", width=1180, height=1010, deviceScaleFactor=1, mobile=False)
        command("POST", session + "/url", {"url": "http://127.0.0.1:7070/"})
        time.sleep(SECONDS - 10)
        return base64.b64decode(devtools("Page.captureScreenshot", format="png")["data"])
    finally:
        command("DELETE", session)


def main():
    server = subprocess.Popen([sys.argv[1], str(SMTP)], stderr=subprocess.DEVNULL)
    driver = subprocess.Popen(["chromedriver", f"--port={DRIVER}"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(2)
        end = time.monotonic() + SECONDS
        for number in range(1, 25):
            threading.Thread(target=client, args=(number, end), daemon=True).start()
        (HERE / "picture.png").write_bytes(picture())
    finally:
        driver.terminate()
        server.terminate()


main()
