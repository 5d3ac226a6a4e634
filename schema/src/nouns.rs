//! Above the areas: which nouns have which of the shared features. The shared code knows no nouns; these lists are
//! passed to it.

use crate::desk::ticket::attachment::TicketFiles;
use crate::shared::file::owner::Nouns;

/// The nouns that can have files.
pub const WITH_FILES: Nouns = &[&TicketFiles];
