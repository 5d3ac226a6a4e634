//! What stands above the areas: which nouns have what any thing can have. What is shared knows no noun; it is handed
//! these lists.

use crate::desk::ticket::attachment::TicketFiles;
use crate::shared::file::owner::Nouns;

/// The nouns that have files.
pub const WITH_FILES: Nouns = &[&TicketFiles];
