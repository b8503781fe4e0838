//! postern-tests
