//! The helpers that the black-box tests share.
