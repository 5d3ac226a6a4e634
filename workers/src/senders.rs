//! From which addresses firms may write: asking the DNS for their proofs.

use futures_util::{StreamExt, TryStreamExt, stream};
use guichet_base::error::Result;
use guichet_engine::store::Store;
use guichet_mail::Dns;
use guichet_schema::people::firm::senders::{self, Question};
use guichet_schema::shared::sender::model::SenderFinding;
use guichet_schema::shared::sender::rules::{SenderPolicy, finding};

/// How many proofs are checked at once.
const AT_ONCE: usize = 10;

/// What is needed to tell from which address a firm writes, and to check its proof.
#[derive(Debug, Clone)]
pub struct Senders {
    /// What the operator decides.
    pub policy: SenderPolicy,
    /// The name servers.
    pub dns: Dns,
}

impl Senders {
    /// Asks the DNS.
    pub async fn ask(&self, question: &Question) -> SenderFinding {
        match self.dns.txt(&question.record.name).await {
            Ok(values) => finding(&values, &question.record),
            Err(error) => {
                tracing::warn!(firm = %question.firm_id, %error, "the proof of a sender was not checked");
                SenderFinding::NoAnswer
            }
        }
    }

    /// Checks the proofs that are due again. Returns how many.
    ///
    /// # Errors
    /// When the database does not answer: retry; what was begun is due again ten minutes later.
    pub async fn recheck(&self, store: &Store) -> Result<usize> {
        let due = senders::due(store).await?;
        let checks = stream::iter(due).map(|question| async move {
            let found = self.ask(&question).await;
            senders::checked(store, &self.policy, &question, found).await
        });
        checks.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.map(|done| done.len())
    }
}
