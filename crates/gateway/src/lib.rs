//! postern-gateway
