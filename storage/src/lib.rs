//! Where the bytes of files lie.
