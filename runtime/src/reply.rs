//! Replies: bytes and lists of bytes that can be sent to a peer.

mod impls;
pub(crate) mod pool;

use std::cell::RefCell;
use std::fmt;

use bytes::{BufMut as _, Bytes, BytesMut};

use self::pool::Pooled;

/// Data that can be sent to a peer.
///
/// Slices, arrays, `&str`, `String`, `Vec<u8>`, [`Bytes`] and `format_args!(…)` are replies, and so
/// are tuples and slices of replies (Erlang's iolists). Borrowed data is copied once, into the
/// connection's write buffer; short parts of a list are copied twice, because they are joined
/// first. `format_args!` is rendered at once.
///
/// # Examples
///
/// A user-defined type that is sent as its parts:
///
/// ```
/// use kai_tcp_server::{Action, Data, Reply};
///
/// struct Value<'a> { key: &'a str, data: &'a [u8] }
///
/// impl<'a> Reply<'a> for Value<'a> {
///     fn write_into(self, data: &mut Data<'a>) {
///         let head = format_args!("VALUE {} {}\r\n", self.key, self.data.len());
///         (head, self.data, "\r\n").write_into(data);
///     }
/// }
///
/// let action = Action::reply(Value { key: "k", data: b"12" });
/// assert_eq!(action, Action::reply("VALUE k 2\r\n12\r\n"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not bytes, so it can't be sent to a peer",
    label = "neither bytes nor a list of bytes",
    note = "bytes are: slices and arrays of `u8`, `&str`, `String`, `Vec<u8>`, `Bytes`, and tuples and slices of those",
    note = "an integer's bytes are `bits!(value: u32)`, in as many bits as its type says",
    note = "anything that has `Display` is sent by `format_args!(\"{{value}}\")`"
)]
pub trait Reply<'a> {
    /// Appends the bytes of this reply to `data`.
    fn write_into(self, data: &mut Data<'a>);
}

/// The bytes of one reply as a list of parts, borrowed or owned.
#[derive(Clone, Default)]
pub struct Data<'a> {
    /// Usually the only part: small parts are joined, so that the value that moves with each reply
    /// stays small.
    first: Option<Part<'a>>,
    others: Vec<Part<'a>>,
}

/// The longest part in bytes that is joined with another one: up to here a copy is cheaper than a
/// list.
const JOINED: usize = 1024;

/// One part of a reply.
#[derive(Clone)]
pub(crate) enum Part<'a> {
    Borrowed(&'a [u8]),
    Shared(Bytes),
    /// Bytes made for this reply, in a buffer of this thread's pool.
    Rendered(Box<Pooled>),
}

impl Part<'_> {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Part::Borrowed(bytes) => bytes,
            Part::Shared(bytes) => bytes,
            Part::Rendered(bytes) => bytes,
        }
    }

    /// Returns whether the following part may be appended to this one.
    fn joins(&self) -> bool {
        matches!(self, Part::Rendered(_)) || self.as_slice().len() <= JOINED
    }

    /// Appends to this part, which moves to a pooled buffer first.
    fn extend(&mut self, render: impl FnOnce(&mut Pooled)) {
        let mut buffer = match std::mem::replace(self, Part::Borrowed(b"")) {
            Part::Rendered(buffer) => buffer,
            part => {
                let mut buffer = pool::take();
                pool::append(&mut buffer, part.as_slice());
                buffer
            }
        };
        render(&mut buffer);
        *self = Part::Rendered(buffer);
    }

    pub(crate) fn recycle(self) {
        if let Part::Rendered(buffer) = self {
            pool::give(buffer);
        }
    }
}

impl<'a> Data<'a> {
    /// Returns the data of `reply`.
    pub fn new(reply: impl Reply<'a>) -> Self {
        let mut data = Data::default();
        reply.write_into(&mut data);
        data
    }

    /// Returns the number of bytes.
    pub fn len(&self) -> usize {
        self.slices().map(<[u8]>::len).sum()
    }

    /// Returns whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.slices().all(<[u8]>::is_empty)
    }

    /// Returns the parts, in order.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.first.iter().chain(&self.others).map(Part::as_slice)
    }

    /// Returns all bytes if they are one borrowed part and the list owns nothing; otherwise `None`.
    #[inline]
    pub(crate) fn as_borrowed(&self) -> Option<&'a [u8]> {
        match self.first {
            Some(Part::Borrowed(bytes)) if self.others.capacity() == 0 => Some(bytes),
            _ => None,
        }
    }

    /// Returns all bytes as one piece, without a copy if they are one shared piece already.
    pub fn into_bytes(self) -> Bytes {
        if let (Some(Part::Shared(bytes)), []) = (&self.first, &self.others[..]) {
            return bytes.clone();
        }
        let mut all = BytesMut::with_capacity(self.len());
        self.slices().for_each(|part| all.put_slice(part));
        all.freeze()
    }

    /// Returns the rendered buffers and the list to this thread's pool.
    pub(crate) fn recycle(self) {
        self.take_apart(Part::recycle);
    }

    /// Passes the parts to `take`, in order, and returns the list to the pool.
    pub(crate) fn take_apart(self, mut take: impl FnMut(Part<'a>)) {
        let Data { first, mut others } = self;
        first.into_iter().for_each(&mut take);
        if others.capacity() > 0 {
            others.drain(..).for_each(take);
            give_list(others);
        }
    }

    #[inline]
    fn push(&mut self, part: Part<'a>) {
        if self.first.is_none() {
            self.first = Some(part);
        } else {
            self.push_behind(part);
        }
    }

    /// Appends a part to a list that isn't empty.
    fn push_behind(&mut self, part: Part<'a>) {
        match self.last() {
            Some(last) if part.as_slice().len() <= JOINED && last.joins() => {
                last.extend(|buffer| pool::append(buffer, part.as_slice()));
                part.recycle();
            }
            _ => {
                if self.others.capacity() == 0 {
                    self.others = take_list();
                }
                self.others.push(part);
            }
        }
    }

    fn last(&mut self) -> Option<&mut Part<'a>> {
        self.others.last_mut().or(self.first.as_mut())
    }

    #[inline]
    fn borrow(&mut self, bytes: &'a [u8]) {
        self.push(Part::Borrowed(bytes));
    }

    fn share(&mut self, bytes: Bytes) {
        self.push(Part::Shared(bytes));
    }

    /// Calls `render` with the buffer at the end of this list.
    fn render(&mut self, render: impl FnOnce(&mut Pooled)) {
        if let Some(last) = self.last()
            && last.joins()
        {
            last.extend(render);
        } else {
            let mut buffer = pool::take();
            render(&mut buffer);
            self.push(Part::Rendered(buffer));
        }
    }
}

/// The number of lists that a thread keeps, and the greatest capacity of each.
///
/// Without them each reply of several parts, of which one is longer than [`JOINED`], would cost an
/// allocation and 49 instructions more of 6,630: a value of 2,000 bytes between its header and a
/// line end, say.
const LISTS: usize = 8;
const LIST: usize = 16;

thread_local! {
    static SPARE: RefCell<Vec<Vec<Part<'static>>>> = const { RefCell::new(Vec::new()) };
}

/// Returns an empty list of parts.
fn take_list<'a>() -> Vec<Part<'a>> {
    SPARE
        .with_borrow_mut(Vec::pop)
        .unwrap_or_else(|| Vec::with_capacity(LIST))
}

/// Takes back an empty list.
fn give_list(list: Vec<Part<'_>>) {
    // The collect reuses the allocation; only the lifetime of the element type changes.
    let list: Vec<Part<'static>> = list.into_iter().map(|_| Part::Borrowed(b"")).collect();
    SPARE.with_borrow_mut(|spare| {
        if spare.len() < LISTS && list.capacity() <= LIST {
            spare.push(list);
        }
    });
}

/// A writer of text into a pooled buffer.
struct Render<'b>(&'b mut Pooled);

impl fmt::Write for Render<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        pool::append(self.0, text.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"")?;
        self.slices()
            .try_for_each(|part| write!(f, "{}", part.escape_ascii()))?;
        write!(f, "\"")
    }
}

/// Data is equal if the bytes are equal, however they are divided into parts.
impl PartialEq for Data<'_> {
    fn eq(&self, other: &Data<'_>) -> bool {
        self.slices().flatten().eq(other.slices().flatten())
    }
}

impl Eq for Data<'_> {}
