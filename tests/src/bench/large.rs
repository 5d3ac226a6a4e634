//! The data set of the benchmarks: a hundred firms, as `guichet demo --scale large` creates them.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use crate::clock::SystemClock;
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_base::id::{AccountId, FirmId, StaffId};
use guichet_demo::{self as demo, Scale, large};
use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::actor::{MemberReach, Membership, StaffMembership, StaffRole};
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_engine::tables::{accounts, staff_members};
use guichet_storage::{Folder, Storage};
use tempfile::TempDir;

use super::place;
use crate::report::say;
use crate::world::session;

/// A private PostgreSQL with the data set; each benchmark works on a copy.
#[derive(Debug)]
pub struct Large {
    /// The server.
    pub postgres: Postgres,
    folder: TempDir,
}

impl Large {
    /// Creates it.
    ///
    /// # Errors
    /// When PostgreSQL does not start or fails.
    pub async fn load() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let folder = place::folder();
        let postgres = Postgres::start(PostgresOptions::new(folder.path().join("data"))).await?;
        let url = postgres.url();
        db::migrate(&url).await?;
        say("filling in a hundred firms");
        let store = Store::new(db::pool(&url, 2)?, Arc::new(SystemClock));
        let files = Storage::Folder(Folder::open(folder.path())?);
        demo::fill(&store, &url, &files, Scale::Large, |_| {}).await?;
        // Otherwise the first reader of a row would pay for this.
        store.conn().await?.batch_execute("VACUUM ANALYZE").await?;
        Ok(Self { postgres, folder })
    }

    /// Creates a copy of the database with that name.
    ///
    /// # Errors
    /// When PostgreSQL fails.
    pub async fn copy(&self, name: &str) -> Result<Copied, Box<dyn Error + Send + Sync>> {
        let mut conn = db::connect(&self.postgres.url_of("postgres")).await?;
        conn.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE guichet STRATEGY file_copy")).await?;
        let url = self.postgres.url_of(name);
        let store = Store::new(db::pool(&url, 2)?, Arc::new(SystemClock));
        Ok(Copied { url, store })
    }

    /// A folder for scripts.
    pub fn scripts(&self) -> &Path {
        self.folder.path()
    }

    /// The process id of PostgreSQL.
    ///
    /// # Panics
    /// When it does not run.
    pub fn pid(&self) -> u32 {
        self.postgres.pid().expect("PostgreSQL runs")
    }
}

/// A copy of the data set.
#[derive(Debug)]
pub struct Copied {
    /// Its address, as in `DATABASE_URL`.
    pub url: String,
    /// A store on it.
    pub store: Store,
}

/// The owner of a firm, signed in.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The firm.
    pub firm_id: FirmId,
    /// The owner.
    pub staff_id: StaffId,
    /// The owner's account.
    pub account_id: AccountId,
    /// The token of a session.
    pub token: String,
}

impl Copied {
    /// Signs in the owner of a firm, counted from 1.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn owner(&self, firm: usize) -> Result<Owner, Box<dyn Error + Send + Sync>> {
        let (account_id, staff_id, firm_id): (AccountId, StaffId, FirmId) = staff_members::table
            .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
            .filter(accounts::email_ci.eq(large::staff_email(firm, 1)))
            .select((accounts::id, staff_members::id, staff_members::firm_id))
            .get_result(&mut self.store.conn().await?)
            .await?;
        let membership =
            StaffMembership { id: staff_id, firm_id, role: StaffRole::Owner, reach: MemberReach::All };
        let until = self.store.now() + TimeDelta::days(1);
        let token = session(&self.store, account_id, &Membership::Staff(membership), until).await;
        Ok(Owner { firm_id, staff_id, account_id, token })
    }
}
