//! Whether the audit log still holds what a file from elsewhere says was its end: the log itself cannot tell that its last
//! lines were cut off together with what says where it ends.

use super::Report;
use app::audit_heads::AuditHeads;
use std::io::ErrorKind;
use std::path::Path;
use storage::Db;

const WHAT: &str = "audit log, as kept";

/// Begins the file where there is none; else compares, and renews it where all is as it was. A file that shows a fault
/// stays as it is: it is the evidence.
pub(super) async fn check(report: &mut Report, db: &Db, file: &Path) {
    match compare(db, file).await {
        Ok(told) => report.ok(WHAT, told),
        Err(problem) => report.problem(WHAT, problem),
    }
}

async fn compare(db: &Db, file: &Path) -> Result<String, String> {
    let named = file.display();
    let kept = match std::fs::read_to_string(file) {
        Ok(text) => Some(AuditHeads::parse(&text).ok_or_else(|| {
            format!("{named} does not hold the ends of an audit log; nothing was compared, and the file is left as it is")
        })?),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(format!("{named} cannot be read: {error}")),
    };
    let told = match kept {
        None => format!("{named} is begun; give it again next time, and it is compared"),
        Some(kept) => {
            let missing = kept.missing_from(db).await.map_err(|e| e.to_string())?;
            if !missing.is_empty() {
                return Err(format!(
                    "somebody has cut it, or an older backup was restored: {}; {named} is left as it is",
                    missing.join("; ")
                ));
            }
            format!("all that stood when {named} was written still stands; the file is renewed")
        }
    };
    let heads = AuditHeads::now(db).await.map_err(|e| e.to_string())?;
    renew(file, &heads.to_text()).map_err(|e| format!("{named} cannot be written: {e}"))?;
    Ok(told)
}

/// Whole or not at all: half a file would compare nothing the next time.
fn renew(file: &Path, text: &str) -> std::io::Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    std::fs::write(&name, text)?;
    std::fs::File::open(&name)?.sync_all()?;
    std::fs::rename(&name, file)
}
