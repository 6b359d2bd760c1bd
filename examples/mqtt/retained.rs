//! Retained messages: the last one of each topic that its publisher marked, for later subscribers.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use crate::packet::Message;
use crate::topic::{is_wild, matches};

/// The most retained messages, one of which is the broker's own, and the most bytes of all.
const MESSAGES_MAX: usize = 4096;
const BYTES_MAX: usize = 16 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct Retained {
    messages: BTreeMap<String, Arc<Message>>,
    bytes: usize,
}

impl Retained {
    /// Keeps a message in the place of an earlier one of its topic; one without a payload only
    /// removes that. Returns `false` if there is no place: then the topic has none.
    pub(crate) fn keep(&mut self, message: &Arc<Message>) -> bool {
        if let Some(earlier) = self.messages.remove(&message.topic) {
            self.bytes -= bytes(&earlier);
        }
        if message.payload.is_empty() {
            return true;
        }
        let bytes = self.bytes + bytes(message);
        if self.messages.len() == MESSAGES_MAX || bytes > BYTES_MAX {
            return false;
        }
        self.bytes = bytes;
        self.messages.insert(message.topic.clone(), Arc::clone(message));
        true
    }

    /// Returns the first message behind a topic whose own topic a filter selects. No topic is
    /// empty, so all are behind `""`.
    pub(crate) fn next(&self, filter: &str, behind: &str) -> Option<&Arc<Message>> {
        if !is_wild(filter) {
            return self.messages.get(filter).filter(|_| behind < filter);
        }
        let mut messages = self.messages.range::<str, _>((Excluded(behind), Unbounded));
        messages
            .find(|(topic, _)| matches(filter, topic))
            .map(|(_, message)| message)
    }
}

/// Returns the bytes of a retained message, whose topic is also its key.
fn bytes(message: &Message) -> usize {
    message.topic.len() + message.len()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{BYTES_MAX, MESSAGES_MAX, Retained};
    use crate::packet::{Message, Qos};

    fn message(topic: &str, bytes: usize) -> Arc<Message> {
        Arc::new(Message {
            topic: topic.to_owned(),
            payload: vec![0; bytes].into(),
            qos: Qos::Zero,
            retain: true,
        })
    }

    #[test]
    fn as_many_messages_and_bytes_are_retained_as_there_are_places() {
        let mut retained = Retained::default();
        for n in 0..MESSAGES_MAX {
            assert!(retained.keep(&message(&n.to_string(), 1)));
        }
        assert!(!retained.keep(&message("one more", 1)));
        assert!(retained.keep(&message("7", 2)), "it takes the place of another");
        assert!(retained.keep(&message("8", 0)), "one without a payload removes another");
        assert!(retained.keep(&message("one more", 1)));
        let next = |behind: &String| retained.next("#", behind).map(|message| message.topic.clone());
        let topics = std::iter::successors(next(&String::new()), next);
        assert_eq!(topics.count(), MESSAGES_MAX);

        let mut retained = Retained::default();
        assert!(retained.keep(&message("a", BYTES_MAX - 2)));
        assert!(!retained.keep(&message("b", 0x1)));
        assert!(!retained.keep(&message("a", BYTES_MAX - 1)));
        assert!(
            retained.next("#", "").is_none(),
            "an old message isn't given for a new one"
        );
        assert!(retained.keep(&message("b", BYTES_MAX - 2)));
    }

    #[test]
    fn a_filter_selects_one_message_after_another() {
        let mut retained = Retained::default();
        for topic in ["a/1", "a/2", "b", "c/1"] {
            assert!(retained.keep(&message(topic, 1)));
        }
        let next = |filter, behind| retained.next(filter, behind).map(|message| &*message.topic);
        assert_eq!(next("a/+", ""), Some("a/1"));
        assert_eq!(next("a/+", "a/1"), Some("a/2"));
        assert_eq!(next("a/+", "a/2"), None);
        assert_eq!(next("+/1", "a/1"), Some("c/1"));
        assert_eq!(next("b", ""), Some("b"));
        assert_eq!(next("b", "b"), None);
    }
}
