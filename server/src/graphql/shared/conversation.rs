//! What those who follow the conversation of one thing are told.

use guichet_base::id::{Id, MessageId};
use guichet_edge::{ApiError, MESSAGE_LENGTH};
use guichet_schema::shared::conversation::{model::Message, queries};

use crate::graphql::follow::{FeedNews, Sight};
use crate::graphql::payload::unanswered;

/// What there is to tell.
pub enum Heard {
    /// Nothing.
    Nothing,
    /// More than one message may hold, or what nobody knows any more: all must be read again.
    TooMuch,
    /// These messages, oldest first.
    News {
        /// The messages.
        messages: Vec<Message>,
        /// Whether the viewer can no longer see the thing.
        gone: bool,
    },
}

/// What is new in the conversation of a thing. `F` is who follows: the viewers of one kind share what is found.
///
/// # Errors
/// When the database does not answer.
pub async fn heard<F: 'static, I: Id + Ord>(news: &FeedNews, thing: I) -> Result<Heard, ApiError> {
    let touched = news.touched::<MessageId>();
    let gone = match news.sight_of(thing) {
        Sight::Same => false,
        Sight::Returned => return Ok(Heard::TooMuch),
        Sight::Gone => true,
    };
    let mut messages: Vec<Message> = Vec::new();
    if !touched.is_empty() {
        let (scope, store) = (news.onlooker.scope(), &news.onlooker.store);
        let found = news
            .batch
            .shared::<F, _, _>(scope.clone(), async || {
                let mut conn = store.conn().await?;
                let found = queries::by_ids::<I>(&mut conn, &scope, &news.batch.things()).await;
                found.map_err(|error| unanswered(news.onlooker.locale, error))
            })
            .await?;
        let own =
            |message: &&Message| message.subject.id::<I>() == Some(thing) && touched.contains(&message.id);
        messages.extend(found.iter().filter(own).cloned());
        messages.sort_by_key(|message| message.seq);
    }
    Ok(match messages.len() {
        0 if !gone => Heard::Nothing,
        count if count > MESSAGE_LENGTH => Heard::TooMuch,
        _ => Heard::News { messages, gone },
    })
}
