"""What Python's smtplib makes of the example smtp: smtp_smtplib.py HOST PORT"""

import smtplib
import sys
from email.message import EmailMessage

HOST, PORT = sys.argv[1], int(sys.argv[2])


def last(client):
    code, shown = client.docmd("XLAST")
    assert code == 250, (code, shown)
    return shown.split(b"\n")


with smtplib.SMTP(HOST, PORT, timeout=20) as client:
    code, _ = client.ehlo()
    assert code == 250
    assert client.esmtp_features == {"pipelining": "", "size": "4194304", "8bitmime": ""}, client.esmtp_features
    message = EmailMessage()
    message["From"] = "anna@example.test"
    message["To"] = "bob@example.test, carol@example.test"
    message["Subject"] = "Grüße"
    message.set_content("one\n.\n..two\n.three\n\nGrüße\n", cte="8bit")
    assert client.send_message(message) == {}
    shown = last(client)
    assert shown[:2] == [b"from <anna@example.test>", b"to <bob@example.test>, <carol@example.test>"], shown
    text = shown[shown.index(b"") + 1 :]
    assert text == [b"one", b".", b"..two", b".three", b"", "Grüße".encode(), b"that was it"], text
    print("send_message: passed")

    refused = client.sendmail("", ["bob@example.test", "no address"], "text")
    assert list(refused) == ["no address"] and refused["no address"][0] == 501, refused
    assert last(client)[:3] == [b"from <>", b"to <bob@example.test>", b"text"]
    print("sendmail with a recipient refused: passed")

    # smtplib says SIZE by itself.
    try:
        client.sendmail("anna@example.test", ["bob@example.test"], "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 70_000)
        raise AssertionError("too large, and taken")
    except smtplib.SMTPSenderRefused as error:
        assert error.smtp_code == 552, error
    large = "\r\n".join(["z" * 998] * 4000)
    assert client.sendmail("anna@example.test", ["bob@example.test"], large) == {}
    print("sizes: passed")

    many = [f"r{number}@example.test" for number in range(101)]
    refused = client.sendmail("anna@example.test", many, "text")
    assert list(refused) == ["r100@example.test"] and refused["r100@example.test"][0] == 452, refused
    print("too many recipients: passed")

    assert client.verify("bob")[0] == 252
    assert client.noop()[0] == 250
    assert client.rset()[0] == 250
    assert client.help().startswith(b"DATA EHLO")
    assert client.docmd("EXPN", "list")[0] == 502
    assert client.helo()[0] == 250
    assert not client.has_extn("starttls")
    assert client.quit()[0] == 221
print("commands: passed")
