//! The directory follows the rows.
