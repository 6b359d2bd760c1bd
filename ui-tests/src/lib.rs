//! What the attribute says about wrong programs, and that right ones compile: see `tests/`.
