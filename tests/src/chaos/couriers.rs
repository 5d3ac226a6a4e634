//! Clients that upload files and remember what was acknowledged, to compare it with database and store.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use data_encoding::HEXLOWER;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::clock::ManualClock;
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_engine::tables::files;
use guichet_schema::shared::file::model::{File, FileState};
use guichet_storage::Storage;
use guichet_workers::file_sweep::sweep;
use rand::Rng;
use reqwest::Client;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::api::{Api, Trouble};
use super::findings::Findings;
use super::office::{Office, new_key};
use crate::object_store::count;

const COURIERS: usize = 4;
/// The delay between attempts, and between files.
const AGAIN: Duration = Duration::from_millis(50);
/// A store that takes longer counts as hanging.
const SEND: Duration = Duration::from_secs(5);
const BEGIN: &[u8] = b"%PDF-1.7\n";
/// Most files are smaller; every twentieth is uploaded in several parts.
const SMALL: usize = 200_000;
const LARGE: usize = 6 << 20;

/// Running clients; [`Couriers::stop`] lets each finish its file.
pub struct Couriers {
    told: Arc<Mutex<Told>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// What was acknowledged to them.
#[derive(Debug, Default)]
pub struct Told {
    /// The accepted files, by id, with the digest of their bytes.
    taken: BTreeMap<String, String>,
    /// The number of files that were begun and never completed.
    given_up: usize,
    troubles: BTreeMap<String, usize>,
    slowest: Duration,
}

impl Couriers {
    /// Starts clients that upload files one after the other through the API at these addresses, and repeat each
    /// step until it succeeds.
    pub fn start(office: &Office, urls: &[String]) -> Self {
        let (told, stop, mut tasks) =
            (Arc::<Mutex<Told>>::default(), CancellationToken::new(), JoinSet::new());
        for (number, url) in urls.iter().cycle().take(COURIERS).enumerate() {
            let api = Api::new(url, &office.clerk.token);
            tasks.spawn(carry(api, number, Arc::clone(&told), stop.clone()));
        }
        Self { told, stop, tasks }
    }

    /// Waits until so many more files are accepted.
    pub async fn taken(&self, more: usize) {
        let goal = locked(&self.told).taken.len() + more;
        while locked(&self.told).taken.len() < goal {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets each client finish its file; returns what was acknowledged.
    ///
    /// # Panics
    /// When a client panicked.
    pub async fn stop(mut self) -> Told {
        self.stop.cancel();
        while let Some(task) = self.tasks.join_next().await {
            task.expect("a client goes on to the end");
        }
        std::mem::take(&mut *locked(&self.told))
    }
}

fn locked(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn carry(api: Api, number: usize, told: Arc<Mutex<Told>>, stop: CancellationToken) {
    let http = Client::new();
    let mut count = number;
    while !stop.is_cancelled() {
        count += 1;
        let content = document(if count.is_multiple_of(20) { LARGE } else { rand::random_range(100..SMALL) });
        let (key, digest) = (new_key(), HEXLOWER.encode(&Sha256::digest(&content)));
        if count.is_multiple_of(5) {
            let content = document(SMALL);
            let digest = HEXLOWER.encode(&Sha256::digest(&content));
            let begun = begin(&api, &http, &new_key(), &content, &digest).await;
            locked(&told).given_up += usize::from(begun.is_ok());
        }
        let id = loop {
            match hand_in(&api, &http, &key, &content, &digest).await {
                Ok(id) => break id,
                Err(trouble) => {
                    let mut told = locked(&told);
                    told.slowest = told.slowest.max(trouble.took);
                    *told.troubles.entry(trouble.code).or_default() += 1;
                }
            }
            sleep(AGAIN).await;
        };
        locked(&told).taken.insert(id, digest);
        sleep(AGAIN).await;
    }
}

fn document(size: usize) -> Vec<u8> {
    let mut content = BEGIN.to_vec();
    content.resize(size, 0);
    rand::rng().fill_bytes(&mut content[BEGIN.len()..]);
    content
}

/// All steps of one upload. Starting again with the same key continues it.
async fn hand_in(
    api: &Api,
    http: &Client,
    key: &str,
    content: &[u8],
    digest: &str,
) -> Result<String, Trouble> {
    let id = begin(api, http, key, content, digest).await??;
    let said = api.complete(&id).await?;
    match said["results"][0]["userErrors"][0]["code"].as_str() {
        None => Ok(id),
        Some(code) => Err(Trouble::of(code)),
    }
}

/// Declares and sends a file; returns its id once it is declared, unless sending failed.
async fn begin(
    api: &Api,
    http: &Client,
    key: &str,
    content: &[u8],
    digest: &str,
) -> Result<Result<String, Trouble>, Trouble> {
    let file = json!({ "name": "guia.pdf", "size": content.len(), "sha256": digest });
    let made = api.upload(key, file).await?;
    let upload = &made["uploads"][0];
    let Some(id) = upload["file"]["id"].as_str() else {
        let refusal = made["userErrors"][0]["code"].as_str().or(upload["userErrors"][0]["code"].as_str());
        return Err(Trouble::of(refusal.unwrap_or("NO_FILE")));
    };
    if upload["address"] == Value::Null {
        return Ok(Ok(id.to_owned()));
    }
    Ok(send(http, api, &upload["address"], content).await.map(|()| id.to_owned()))
}

async fn send(http: &Client, api: &Api, address: &Value, content: &[u8]) -> Result<(), Trouble> {
    let request = http.put(api.whole(address)).body(content.to_vec()).timeout(SEND);
    let headers = address["headers"].as_array().into_iter().flatten();
    let request = headers.fold(request, |request, header| {
        let [name, value] = ["name", "value"].map(|part| header[part].as_str().unwrap_or_default());
        request.header(name, value)
    });
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(Trouble::of(&format!("PUT {}", answer.status().as_u16()))),
        Err(error) if error.is_timeout() => Err(Trouble::of("PUT HUNG")),
        Err(_) => Err(Trouble::of("PUT LOST")),
    }
}

impl Told {
    /// Every accepted file is stored as it was sent; each row has its object, and after the sweep each object its
    /// row. The API returned only these error codes.
    ///
    /// # Panics
    /// When database or store do not answer.
    pub async fn judge(
        &self,
        office: &Office,
        api: &Api,
        storage: &Storage,
        root: &Path,
        codes: &[&str],
        findings: &mut Findings,
    ) {
        findings.count("files taken", self.taken.len());
        for (code, count) in &self.troubles {
            findings.count(&format!("answers {code}"), count);
            let is_clear = code.starts_with("PUT ") || codes.contains(&code.as_str());
            findings.expect(is_clear, format!("an answer {code}"));
        }
        findings.count("slowest error after", format!("{:.1} s", self.slowest.as_secs_f64()));
        let mut conn = office.store.conn().await.expect("the database answers");
        let rows: Vec<File> =
            files::table.select(File::as_select()).load(&mut conn).await.expect("files are read");
        let (mut stored, mut without) = (0, 0);
        for row in rows.iter().filter(|row| row.state == FileState::Stored) {
            stored += 1;
            let size = storage.size(&row.stored()).await.expect("the store answers");
            without += usize::from(size != Some(row.size.unsigned_abs()));
        }
        findings.expect_equal("files taken and not stored", stored, self.taken.len());
        findings.expect_equal("rows without their object", without, 0);
        let mut altered = 0;
        for (id, digest) in &self.taken {
            altered += usize::from(fetched(api, id).await.as_ref() != Some(digest));
        }
        findings.expect_equal("files that did not come back as they were sent", altered, 0);
        // After this time even orphaned objects and abandoned files have expired.
        let clock = ManualClock::new(office.store.now() + TimeDelta::days(2));
        let later = Store::new(db::pool(&office.url, 2).expect("a pool is made"), clock);
        let swept = sweep(&later, storage).await.expect("store and database answer");
        findings.count("given up and swept", swept.expired);
        findings.expect_equal("uploads swept", swept.expired, self.given_up);
        findings.expect_equal("staged objects left", count(&root.join("staged")), 0);
        findings.expect_equal("stored objects", count(&root.join("stored")), stored);
    }
}

/// The digest of the bytes downloaded under this id.
async fn fetched(api: &Api, id: &str) -> Option<String> {
    let opened = api.open(id).await.ok()?;
    let bytes = reqwest::get(api.whole(&opened["address"])).await.ok()?.bytes().await.ok()?;
    Some(HEXLOWER.encode(&Sha256::digest(&bytes)))
}
