//! Lists written as files by workers that are killed in the middle of it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use data_encoding::HEXLOWER;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_engine::actor::StaffRole;
use guichet_engine::job::Payload;
use guichet_engine::tables::{exports, files};
use guichet_schema::month::export::commands::{self, CreateExport};
use guichet_schema::month::export::model::{Export, ExportFormat, ExportState, ListName, WriteExport};
use guichet_schema::month::generation::job::generate;
use guichet_schema::shared::file::model::File;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::findings::Findings;
use super::months::{Months, everything};
use super::office::{Office, new_key};
use super::victims::Victims;
use crate::database::TestDatabase;
use crate::object_store::count;
use crate::process::Launch;
use crate::recurring::Recurring;
use crate::smtp::{Options, Sink};
use crate::world::Person;

const KILLS: usize = 100;
/// The people who ask for files, each for as many as one may have in work.
const PEOPLE: usize = 10;
const EACH: usize = 5;
/// A list of 20,000 tasks.
const WORK: Recurring<'static> = Recurring {
    clients: 4_000,
    kinds: &["BR-DAS", "BR-FGTS", "BR-DCTFWEB", "BR-SALARY", "FIRM-CLOSE"],
    periods: ["2026-03", "2026-03"],
};
/// Longer than the leases and backoffs of all that was cut off.
const EMPTIED: Duration = Duration::from_secs(180);

/// 100 kills: each file that was asked for is there once, whole, and with all rows.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let sink = Sink::start(Options::default()).await;
    let data = tempfile::tempdir().expect("a folder is made");
    let mut months = Months::new(&database.url, WORK).await;
    months.open(1).await;
    let firm = &months.firms[0];
    let rows = generate(&months.store, &everything(firm.id)).await.expect("a month is generated");
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(firm.staff(&format!("person-{number}@firm-0.example"), StaffRole::Member).await);
    }
    let mut asked = ask(&months, &people).await;
    let victims = Victims {
        office: &office,
        launch: Launch::work(&office.url, &sink.url()).with("GUICHET_DATA", data.path()),
        kind: WriteExport::KIND,
        moment: Duration::from_millis(1_000),
    };
    let worker = victims.kill(KILLS, async || asked += ask(&months, &people).await).await;
    let emptied = office.emptied(EMPTIED).await;
    worker.stop().await;

    let mut findings = Findings::default();
    findings.count("kills in mid-run", KILLS);
    findings.expect(emptied, format!("jobs are left: {:?}", office.queue().await));
    findings.expect_equal("dead letters", office.queue().await.dead, 0);
    judge(&office, &data.path().join("files"), asked, rows, &mut findings).await;
    sink.stop().await;
    database.drop().await;
    findings
}

/// Each asks for as many files as possible, of both formats; returns how many that are.
async fn ask(months: &Months, people: &[Person]) -> usize {
    let mut asked = 0;
    for person in people {
        for number in 0..EACH {
            let format = if number % 2 == 0 { ExportFormat::Xlsx } else { ExportFormat::Csv };
            let input = CreateExport { list: ListName::Tasks, format, filter: json!({}), order_by: None };
            let made = commands::create(&months.store, &person.actor(), &new_key(), input).await;
            made.expect("nobody has too many files in work");
            asked += 1;
        }
    }
    asked
}

/// Each export is ready, its file has all rows, its bytes are those of its row, and no other object is there.
async fn judge(office: &Office, root: &Path, asked: usize, rows: usize, findings: &mut Findings) {
    let mut conn = office.store.conn().await.expect("the database answers");
    let written: Vec<Export> =
        exports::table.select(Export::as_select()).load(&mut conn).await.expect("exports are read");
    let stored: Vec<File> =
        files::table.select(File::as_select()).load(&mut conn).await.expect("files are read");
    let (mut lost, mut short, mut damaged) = (0, 0, 0);
    let mut texts = BTreeSet::new();
    for export in &written {
        let file = stored.iter().find(|file| Some(file.id) == export.file_id);
        let Some(file) = file.filter(|_| export.state == ExportState::Ready) else {
            lost += 1;
            continue;
        };
        short += usize::from(usize::try_from(export.rows.unwrap_or_default()).ok() != Some(rows));
        let bytes = std::fs::read(root.join(file.stored().path())).unwrap_or_default();
        let digest = HEXLOWER.encode(&Sha256::digest(&bytes));
        damaged += usize::from(file.sha256.map(|sha256| sha256.hex()) != Some(digest.clone()));
        if export.format == ExportFormat::Csv {
            texts.insert(digest);
        }
    }
    lost += asked.saturating_sub(written.len());
    findings.count("files of 20,000 rows", written.len());
    findings.count("lost", lost);
    findings.count("doubled", stored.len().saturating_sub(written.len()));
    findings.expect_equal("files lost", lost, 0);
    findings.expect_equal("files", stored.len(), asked);
    findings.expect_equal("stored objects", count(&root.join("stored")), stored.len());
    findings.expect_equal("files without all rows", short, 0);
    findings.expect_equal("files whose bytes are others", damaged, 0);
    findings.expect_equal("different texts of the same list", texts.len(), 1);
}
