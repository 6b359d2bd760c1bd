#![deny(warnings)]

mod chat {
    #[derive(Default)]
    pub struct Member {
        pub name: String,
    }
}

struct Server;

#[kai_tcp_server::tcp_server(port = 0, packet = raw)]
impl Server {
    fn handle_call(&self, data: &[::core::primitive::u8], member: &mut chat::Member) -> kai_tcp_server::Action {
        match (&*member.name, data) {
            ("", b"quit") => close,
            (name, data) => reply((name, data)),
        }
    }

    fn closed(&self, member: self::chat::Member, reason: kai_tcp_server::CloseReason) {
        let _ = (member.name, reason);
    }

    fn terminate(&self, _: &kai_tcp_server::ExitReason) {}
}

fn main() {
    let _ = || kai_tcp_server::run(Server);
}
