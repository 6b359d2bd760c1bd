//! Retained messages: the last one of each topic that its publisher marked, for later subscribers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::packet::Message;
use crate::topic::{is_wild, matches};

/// The most retained messages, and the most bytes of all.
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
            self.bytes -= earlier.len();
        }
        if message.payload.is_empty() {
            return true;
        }
        let bytes = self.bytes + message.len();
        if self.messages.len() == MESSAGES_MAX || bytes > BYTES_MAX {
            return false;
        }
        self.bytes = bytes;
        self.messages.insert(message.topic.clone(), Arc::clone(message));
        true
    }

    /// Returns the messages of the topics that a filter selects.
    pub(crate) fn of(&self, filter: &str) -> Vec<Arc<Message>> {
        if !is_wild(filter) {
            return self.messages.get(filter).cloned().into_iter().collect();
        }
        let selected = self.messages.values().filter(|message| matches(filter, &message.topic));
        selected.cloned().collect()
    }
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
        assert_eq!(retained.of("#").len(), MESSAGES_MAX);

        let mut retained = Retained::default();
        assert!(retained.keep(&message("a", BYTES_MAX - 1)));
        assert!(!retained.keep(&message("b", 0x1)));
        assert!(!retained.keep(&message("a", BYTES_MAX)));
        assert!(retained.of("#").is_empty(), "an old message isn't given for a new one");
        assert!(retained.keep(&message("b", BYTES_MAX - 1)));
    }
}
