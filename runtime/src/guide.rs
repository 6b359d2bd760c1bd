// The guide: the chapters of the folder `guide`, a module each.
//
// The folder is the repository's; `runtime/guide` is a symbolic link to it, so that the package has
// the chapters. They are Markdown as the repository shows it: a link to another chapter names its
// file, and the files end with the definitions of their links. `guide/links*.md` define the same
// links as rustdoc resolves them. They stand before the chapter, and of two definitions of a link
// the first one counts. Pictures are in `links_pictures.md` as a whole, as rustdoc has no files
// beside a page. A test writes all of them.
#![doc = include_str!("guide/links.md")]
#![doc = include_str!("../guide/README.md")]

macro_rules! chapters {
    ($($chapter:ident = $file:literal;)+) => {$(
        #[doc = include_str!("guide/links.md")]
        #[doc = include_str!("guide/links_pictures.md")]
        #[cfg_attr(feature = "codec", doc = include_str!("guide/links_codec.md"))]
        #[cfg_attr(feature = "describe", doc = include_str!("guide/links_describe.md"))]
        #[cfg_attr(feature = "metrics", doc = include_str!("guide/links_metrics.md"))]
        #[cfg_attr(feature = "proxy", doc = include_str!("guide/links_proxy.md"))]
        #[cfg_attr(feature = "record", doc = include_str!("guide/links_record.md"))]
        #[cfg_attr(feature = "test", doc = include_str!("guide/links_test.md"))]
        #[cfg_attr(feature = "tls-provider", doc = include_str!("guide/links_tls.md"))]
        #[cfg_attr(all(target_os = "linux", feature = "upgrade"), doc = include_str!("guide/links_upgrade.md"))]
        #[doc = include_str!(concat!("../guide/", $file))]
        pub mod $chapter {}
    )+};
}

chapters! {
    first_protocol = "first-protocol.md";
    lines = "lines.md";
    states = "states.md";
    binary_protocols = "binary-protocols.md";
    codecs = "codecs.md";
    sharing_state = "sharing-state.md";
    messages = "messages.md";
    timers = "timers.md";
    blocking = "blocking.md";
    long_calls = "long-calls.md";
    uploads_and_proxies = "uploads-and-proxies.md";
    limits = "limits.md";
    testing = "testing.md";
    configuration = "configuration.md";
    tls = "tls.md";
    deployment = "deployment.md";
    upgrades = "upgrades.md";
    metrics = "metrics.md";
    logs_and_spans = "logs-and-spans.md";
    recordings = "recordings.md";
    more_than_one_machine = "more-than-one-machine.md";
    from_erlang = "from-erlang.md";
    how_it_works = "how-it-works.md";
}
