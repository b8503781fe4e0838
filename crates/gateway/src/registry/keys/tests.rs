//! What requests say of keys, and how far that goes.
