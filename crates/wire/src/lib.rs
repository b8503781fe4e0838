//! postern-wire
