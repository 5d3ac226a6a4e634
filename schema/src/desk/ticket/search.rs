//! What tickets are found by.

use std::collections::HashMap;
use std::sync::LazyLock;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_base::i18n::{self, Args};
use guichet_base::id::ClientId;
use guichet_base::locale::Locale;
use guichet_base::search::{self, folded_words};
use guichet_engine::refolded;
use guichet_engine::tables::{clients, tickets};

use super::model::Ticket;

/// The search text of a ticket. It contains nothing internal, because clients search it too (D-07). The client's
/// name is on a separate line, for [`rename_client`](super::list::rename_client).
pub(crate) fn search_text(ticket: &Ticket, client_name: &str) -> String {
    let own = format!("#{}\n{}\n{}", ticket.number, ticket.subject, ticket.description);
    format!("{}\n{}", search::fold(client_name), search::fold(&own))
}

refolded!(tickets, Ticket, async |conn: &mut AsyncPgConnection, tickets: &[Ticket]| -> Result<_> {
    // Read after the tickets are locked: a rename of the client locks them too, so these names are the last ones.
    let ids: Vec<ClientId> = tickets.iter().map(|ticket| ticket.client_id).collect();
    let names = clients::table.filter(clients::id.eq_any(ids)).select((clients::id, clients::name));
    let names: HashMap<ClientId, String> = names.load(conn).await?.into_iter().collect();
    let name = |ticket: &Ticket| names.get(&ticket.client_id).map_or("", String::as_str);
    Ok(tickets.iter().map(|ticket| search_text(ticket, name(ticket))).collect())
});

/// What mails call a ticket, in every language: the first word of their subject.
static NOUNS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut args = Args::new();
    args.set("number", 0);
    args.set("subject", "");
    let subjects = Locale::ALL.iter().map(|locale| i18n::text(*locale, "ticket-mail-subject", &args));
    subjects.filter_map(|subject| folded_words(&subject).into_iter().next()).collect()
});

/// The numbers of tickets that a query names: `#91`, `Ticket 91`, `ticket nº 91`, or the subject of a mail about it,
/// whatever else it says.
pub fn numbers_named(query: &str) -> Vec<i64> {
    const MOST: usize = 20;
    const NUMBER: [&str; 4] = ["n", "no", "num", "numero"];
    let words = folded_words(query);
    let mut is_after_noun = false;
    let mut numbers = Vec::new();
    for word in &words {
        let digits = match word.rsplit_once('#') {
            Some((_, digits)) => digits,
            None if is_after_noun => word,
            None => "",
        };
        numbers.extend(digits.parse::<i64>().ok());
        is_after_noun = NOUNS.contains(word) || is_after_noun && NUMBER.contains(&word.as_str());
    }
    numbers.truncate(MOST);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_named_in_many_ways() {
        for query in [
            "#91",
            "Atendimento #91",
            "ATENDIMENTO 91",
            "Atendimento #91: Parcelamento do Simples",
            "Re: Ticket #91\u{a0}: Échéance",
            "ticket n° 91",
            "caso nº 91",
            "[#91]",
            "Ticket#91",
            "(Ticket 91)",
        ] {
            assert_eq!(numbers_named(query), [91], "{query}");
        }
        for query in
            ["91", "nota 91", "11.222.333/0001-44", "# 91", "#", "#99999999999999999999", "ticket", ""]
        {
            assert!(numbers_named(query).is_empty(), "{query}");
        }
        assert_eq!(numbers_named("#91 #92"), [91, 92]);
    }
}
