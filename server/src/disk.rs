//! Whether a disk is full. What a database says of one, such as "disk I/O error", leads nobody there.

use std::path::Path;

/// Less than this is full: the log of an embedded database alone takes more at once.
const FULL: u64 = 4 * 1024 * 1024;

/// What is to be said of the disk on which a file lies, or is to lie; `None` where there is room, or where that cannot be told.
pub fn is_full(file: &Path) -> Option<String> {
    let file = std::path::absolute(file).ok()?;
    let folder = file.ancestors().skip(1).find(|above| above.is_dir())?;
    let disk = rustix::fs::statvfs(folder).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let shown = folder.display();
    (free < FULL).then(|| format!("the disk of {shown} is full: make room"))
}
