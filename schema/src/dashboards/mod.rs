//! What is seen at one glance. Dashboards stand above all nouns.

pub mod board;
