//! Which users of a client see a folder that staff made depends on all that lies in it (B-05): when an act changes that, they
//! are told, though nothing of the folder itself changed.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{ClientId, FirmId, FolderId, Id, StaffId};
use guichet_engine::actor::Area;
use guichet_engine::feed::{Audience, Event};
use guichet_engine::sql;
use guichet_engine::store::Tx;
use uuid::Uuid;

/// The folders that an act takes something out of or puts something into.
pub(crate) struct Around {
    of: Vec<Uuid>,
    before: Vec<Contents>,
}

/// A folder that staff made, with what the documents in it are about.
#[derive(QueryableByName)]
struct Contents {
    #[diesel(sql_type = SqlUuid)]
    id: FolderId,
    #[diesel(sql_type = SqlUuid)]
    firm_id: FirmId,
    #[diesel(sql_type = SqlUuid)]
    client_id: ClientId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    portfolio: Option<StaffId>,
    #[diesel(sql_type = Array<Text>)]
    categories: Vec<String>,
}

impl Around {
    /// Looks at these folders and those around them, before the act changes what lies in them.
    pub async fn read(tx: &mut Tx, of: &[FolderId]) -> Result<Self> {
        let of: Vec<Uuid> = of.iter().map(|id| id.uuid()).collect();
        let before = if of.is_empty() { Vec::new() } else { contents(tx, &of).await? };
        Ok(Self { of, before })
    }

    /// Tells those who saw one of them before the act, or see it now.
    pub async fn tell(self, tx: &mut Tx) -> Result<()> {
        if self.before.is_empty() {
            return Ok(());
        }
        for now in contents(tx, &self.of).await? {
            let was = self.before.iter().find(|one| one.id == now.id);
            let was = was.map(|one| one.categories.as_slice()).unwrap_or_default();
            if was == now.categories {
                continue;
            }
            let areas: BTreeSet<Option<Area>> = match (was, now.categories.as_slice()) {
                // One that holds nothing is seen by everybody.
                ([], _) | (_, []) => [None].into(),
                (was, now) => was.iter().chain(now).map(|category| Area::parse(category)).collect(),
            };
            let audience = guichet_engine::audience!(folders, &now, now.portfolio);
            for area in areas {
                tx.event(now.firm_id, seen(now.id, Audience { area, ..audience.clone() }));
            }
        }
        Ok(())
    }
}

/// The event of a folder that comes into sight or goes out of it: as of a new one, because nothing of it changed that is shown
/// beside documents.
pub(super) fn seen(id: FolderId, audience: Audience) -> Event {
    Event { noun: FolderId::NOUN, subject: id.uuid(), before: None, after: Some(audience) }
}

async fn contents(tx: &mut Tx, of: &[Uuid]) -> Result<Vec<Contents>> {
    Ok(sql::kept(
        "WITH RECURSIVE around AS (
             SELECT id, parent_id FROM folders WHERE id = ANY (ARRAY(SELECT unnest(?)))
             UNION
             SELECT f.id, f.parent_id FROM around JOIN folders AS f ON f.id = around.parent_id
         ), inside AS (
             SELECT f.id AS folder_id, f.id, f.client_id FROM around JOIN folders AS f ON f.id = around.id
             WHERE f.key IS NULL
             UNION
             -- As the index has it.
             SELECT inside.folder_id, f.id, f.client_id FROM inside
             JOIN folders AS f ON f.client_id = inside.client_id
                 AND coalesce(f.parent_id, '00000000-0000-0000-0000-000000000000') = inside.id
         )
         SELECT f.id, f.firm_id, f.client_id, c.accountant_id AS portfolio,
             array_remove(array_agg(DISTINCT d.category ORDER BY d.category), NULL) AS categories
         FROM inside JOIN folders AS f ON f.id = inside.folder_id JOIN clients AS c ON c.id = f.client_id
         LEFT JOIN documents AS d ON d.folder_id = inside.id
         GROUP BY f.id, c.id",
    )
    .bind::<Array<SqlUuid>, _>(of.to_vec())
    .load(tx.conn())
    .await?)
}
