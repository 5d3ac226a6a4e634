//! What a service manager such as systemd is told (sd_notify(3)), and the units that rely on it.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use guichet_tests::database::TestDatabase;
use guichet_tests::process::Launch;
use guichet_tests::wait::{DEADLINE, until_ok};
use tokio::net::UnixDatagram;
use tokio::time::timeout;

use super::site::Site;

/// The service manager's end of the line.
struct Manager(UnixDatagram);

impl Manager {
    fn new(path: &Path) -> Self {
        Self(UnixDatagram::bind(path).unwrap())
    }

    async fn told(&self) -> String {
        let mut bytes = [0; 512];
        let length = timeout(DEADLINE, self.0.recv(&mut bytes)).await.expect("it is told something").unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }
}

/// Every kind of process tells when it has started, so that its probe answers, and when it stops.
#[tokio::test]
async fn the_service_manager_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("manager");
    let manager = Manager::new(&socket);
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    for launch in [
        Launch::serve(&database.url),
        Launch::work(&database.url, &site.sink.starttls_url()),
        Launch::all_in_one(&folder.path().join("data"))
            .with("DATABASE_URL", &database.url)
            .with("SMTP_URL", site.sink.starttls_url())
            .with("MAIL_FROM", "notices@operator.example"),
    ] {
        let process = launch.with("NOTIFY_SOCKET", &socket).spawn().await;
        assert_eq!(manager.told().await, "READY=1\n");
        // Workers claim their first jobs right after.
        until_ok("it is ready", async || match process.readiness().await {
            (200, _) => Ok(()),
            other => Err((other, process.output())),
        })
        .await;
        process.ask_to_stop();
        assert_eq!(manager.told().await, "STOPPING=1\n");
        assert!(process.end().await.success());
    }
    database.drop().await;
}

/// The units wait for this, and what they name is put where they say by the steps in their first lines.
#[test]
fn units_are_complete() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    let units: Vec<_> = fs::read_dir(&deploy)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension() == Some(OsStr::new("service")))
        .collect();
    assert_eq!(units.len(), 3);
    for unit in units {
        let text = fs::read_to_string(&unit).unwrap();
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        assert_eq!(value("Type"), Some("notify"), "{}", unit.display());
        // Migrations take their time.
        assert_eq!(value("TimeoutStartSec"), Some("infinity"), "{}", unit.display());
        let steps: String = ["guichet.service", unit.file_name().unwrap().to_str().unwrap()]
            .map(|name| fs::read_to_string(deploy.join(name)).unwrap())
            .concat();
        let installed =
            |path: &str| steps.lines().any(|line| line.starts_with("#   install ") && line.contains(path));
        let document = value("Documentation").unwrap().strip_prefix("file:").unwrap();
        assert!(installed(document), "{} names {document}, which nobody installs", unit.display());
        assert!(installed("/usr/local/bin/guichet") && installed(value("EnvironmentFile").unwrap()));
        let source = steps.lines().find(|line| line.contains(document)).unwrap();
        let source = source.split(' ').find(|word| word.starts_with("docs/")).unwrap();
        assert!(deploy.join("..").join(source).is_file(), "{source}");
    }
}
