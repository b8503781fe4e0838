//! postern-secrets
