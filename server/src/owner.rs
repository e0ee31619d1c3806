//! To whom files belong. Commands on a machine are often run as root, and the service is somebody else: what root makes in
//! the folder of the service is given to whom that folder belongs, as the embedded database does with its own files.

use rustix::fs::{Access, FileType, Mode, OFlags, Uid, access, fchown, fstat, open};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The name of a user, or their number.
pub fn name(uid: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let is_them = |line: &&str| line.split(':').nth(2) == Some(uid.to_string().as_str());
    let line = users.lines().find(is_them);
    line.and_then(|line| line.split(':').next())
        .map_or_else(|| format!("user {uid}"), str::to_owned)
}

/// Why this user cannot read and write a file, such as whose it is; `None` where they can, or where there is none.
pub fn somebody_elses(path: &Path) -> Option<String> {
    let owner = std::fs::metadata(path).ok()?.uid();
    match access(path, Access::READ_OK | Access::WRITE_OK).err()? {
        Errno::ROFS => Some(READ_ONLY.to_owned()),
        _ => Some(why_not(owner, geteuid().as_raw())),
    }
}

/// Whether an embedded database stands in a file. A file without a byte is none: whoever made it, nothing is in it.
///
/// # Errors
/// In a sentence, where this user may not look: a database that cannot be seen is not one that is not there.
pub fn database_stands(file: &Path) -> Result<bool, String> {
    match std::fs::metadata(file) {
        Ok(data) => Ok(!data.is_file() || data.len() > 0),
        // Nor is anything below what is no folder.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => {
            let why = closed_folder(file).map_or(String::new(), |why| format!("; {why}"));
            let file = file.display();
            Err(format!(
                "it cannot be seen whether a database stands at {file}: {error}{why}"
            ))
        }
    }
}

/// How long a file without a byte may be one that another process is just making.
const JUST_MADE: Duration = Duration::from_secs(2);

/// What is to be done about a database without a byte, as a copy leaves it that broke off: whoever made a new one in its place
/// would take its loss for an empty installation. `None` where it holds something, or is not there at all; a first start beside
/// this one is waited for.
pub fn without_a_byte(file: &Path) -> Option<String> {
    let began = Instant::now();
    let is_empty = || std::fs::metadata(file).is_ok_and(|data| data.is_file() && data.len() == 0);
    while is_empty() {
        if began.elapsed() > JUST_MADE {
            let file = file.display();
            return Some(format!(
                "{file} is there and holds nothing, as a copy leaves it that broke off: put the database back in its place, or \
                 delete it (rm {file}) and restore a backup. Where it is only deleted, the next start begins anew"
            ));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

/// The folder above a file into which this user may not look, and why.
pub fn closed_folder(file: &Path) -> Option<String> {
    let full = std::path::absolute(file).ok()?;
    let above: Vec<&Path> = full.ancestors().skip(1).collect();
    let closed = above
        .into_iter()
        .rev()
        .find(|folder| access(*folder, Access::EXEC_OK).is_err())?;
    Some(of_folder(closed))
}

/// Why this user cannot write into the folder of a file, such as whose it is; `None` where they can, or where there is none.
/// An embedded database writes its log there.
pub fn folder_not_to_write(file: &Path) -> Option<String> {
    let folder = folder(file);
    std::fs::metadata(folder).ok()?;
    match access(folder, Access::WRITE_OK | Access::EXEC_OK).err()? {
        Errno::ROFS => Some(READ_ONLY.to_owned()),
        _ => Some(of_folder(folder)),
    }
}

fn of_folder(folder: &Path) -> String {
    let runs_as = geteuid().as_raw();
    let shown = folder.display();
    match std::fs::metadata(folder).map(|data| data.uid()) {
        Err(error) => format!("the folder {shown} cannot be looked at: {error}"),
        Ok(owner) if owner == runs_as => format!(
            "the mode of the folder {shown} keeps {} out, to whom it belongs: chmod 700 it",
            name(owner)
        ),
        Ok(owner) => format!(
            "the folder {shown} belongs to {}, and this command runs as {}",
            name(owner),
            name(runs_as)
        ),
    }
}

/// The files of an embedded database that this user cannot read and write, its log among them, each in a sentence. Where this
/// is root, whom nothing keeps out, also those that keep out to whom they belong.
pub fn closed_files(database: &Path) -> Vec<String> {
    let files = files_of(database).into_iter();
    files.filter_map(|file| closed(&file)).collect()
}

fn closed(file: &Path) -> Option<String> {
    let (shown, owner) = (file.display(), std::fs::metadata(file).ok()?);
    match access(file, Access::READ_OK | Access::WRITE_OK) {
        // Whoever closes a database as the last one takes its log away.
        Err(Errno::NOENT) => None,
        Err(error) => {
            let whose = somebody_elses(file).map_or(String::new(), |whose| format!("; {whose}"));
            Some(format!(
                "{shown} cannot be read and written by this user: {error}{whose}"
            ))
        }
        Ok(()) if geteuid().is_root() && owner.uid() != 0 && owner.mode() & 0o600 != 0o600 => {
            let (uid, name) = (owner.uid(), name(owner.uid()));
            Some(format!(
                "{shown} cannot be read and written by {name}; {}",
                why_not(uid, uid)
            ))
        }
        Ok(()) => None,
    }
}

/// Why this user cannot use an embedded database: its files, or the folder in which they lie.
pub fn not_to_use(database: &Path) -> Option<String> {
    let files = files_of(database);
    let of_files = files.iter().find_map(|file| {
        let whose = somebody_elses(file)?;
        // Of its log it must be said that it is the log.
        Some(match file == database {
            true => whose,
            false => format!("{}: {whose}", file.display()),
        })
    });
    of_files.or_else(|| folder_not_to_write(database))
}

/// Nobody may write there, whoever they are.
const READ_ONLY: &str = "the disk on which it lies only lets read, as Linux sees to after a fault of the disk (`dmesg` tells of \
                         it): mend that, or copy the file with its -wal to another disk, and name the copy with \
                         HERSYS_DATABASE_URL=sqlite:PATH";

fn why_not(owner: u32, runs_as: u32) -> String {
    if owner == runs_as {
        return format!(
            "its mode keeps {} out, to whom it belongs: chmod u+rw it",
            name(owner)
        );
    }
    format!(
        "it belongs to {}, and this command runs as {}",
        name(owner),
        name(runs_as)
    )
}

/// Whether every user of this machine can read a file: its mode lets them, and no folder above keeps them out.
pub fn is_open_to_all(file: &Path) -> bool {
    let Ok(file) = std::fs::canonicalize(file) else {
        return false;
    };
    let lets = |path: &Path, bit: u32| {
        let data = std::fs::metadata(path);
        data.is_ok_and(|data| data.mode() & bit != 0)
    };
    lets(&file, 0o004) && file.ancestors().skip(1).all(|folder| lets(folder, 0o001))
}

/// Why a folder takes nothing from whoever serves; `None` where it does, or where that cannot be told. Who serves is this user,
/// and where this is root, to whom the folder of the data belongs.
pub fn closed_to_service(folder: &Path, data: &Path) -> Option<String> {
    let seen = std::fs::metadata(folder).ok()?;
    let may = access(folder, Access::WRITE_OK | Access::EXEC_OK);
    if may == Err(Errno::ROFS) {
        return Some("its disk only lets read".to_owned());
    }
    let Some(service) = service_beside_root(data) else {
        may.err()?;
        return Some(of_folder(folder));
    };
    // Who is in a group, or in a list of who else may, is not looked for: where it may write, somebody has seen to it.
    let (mode, is_of_service) = (seen.mode(), seen.uid() == service);
    let rights = match (is_of_service, mode & 0o030 == 0o030) {
        (true, _) => mode >> 6,
        (false, true) => return None,
        (false, false) => mode,
    };
    if rights & 0o3 == 0o3 {
        return None;
    }
    let (shown, service) = (folder.display(), name(service));
    Some(match is_of_service {
        true => format!("its mode keeps {service} out, to whom it belongs: chmod 700 {shown}"),
        false => format!(
            "it belongs to {}, and the data to {service}: chown {} {shown}",
            name(seen.uid()),
            service.trim_start_matches("user ")
        ),
    })
}

/// Which folder keeps whoever serves from reading what lies in one; `None` where none does, or where that cannot be told, as where
/// this is not root: then it is seen by looking.
pub fn hidden_from_service(folder: &Path, data: &Path) -> Option<String> {
    let service = service_beside_root(data)?;
    let full = std::fs::canonicalize(folder).ok()?;
    let closed = full.ancestors().find(|place| {
        let Ok(seen) = std::fs::metadata(place) else {
            return false;
        };
        let (mode, needed) = (seen.mode(), if *place == full { 0o5 } else { 0o1 });
        // Who is in a group is not looked for, as above.
        let rights = match seen.uid() == service {
            true => mode >> 6,
            false => mode | mode >> 3,
        };
        rights & needed != needed
    })?;
    Some(format!(
        "the mode of {} keeps {} out, to whom the data belong",
        closed.display(),
        name(service)
    ))
}

/// Who serves, where this is root and the data are somebody else's.
fn service_beside_root(data: &Path) -> Option<u32> {
    let owner = std::fs::metadata(data).ok().map(|data| data.uid());
    owner.filter(|user| geteuid().is_root() && *user != 0)
}

/// The files of an embedded database that stand.
pub fn files_of(database: &Path) -> Vec<PathBuf> {
    let beside = |end: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let all = [database.to_owned(), beside("-wal"), beside("-shm")];
    all.into_iter().filter(|path| path.exists()).collect()
}

/// Of whom a file and the folder in which it lies are, where they are of different users.
pub fn differ(file: &Path) -> Option<(u32, u32)> {
    let of_file = std::fs::metadata(file).ok()?.uid();
    let of_folder = std::fs::metadata(folder(file)).ok()?.uid();
    (of_file != of_folder).then_some((of_file, of_folder))
}

fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Gives a file of root to whom its folder belongs, where this is root. Another's file, or one that stands elsewhere under
/// a second name, stays as it is: the owner of the folder could have put it there.
pub fn hand_over(file: &Path) {
    if !geteuid().is_root() {
        return;
    }
    let Ok(of_folder) = std::fs::metadata(folder(file)) else {
        return;
    };
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(opened) = open(file, flags, Mode::empty()) else {
        return;
    };
    let is_ours = fstat(&opened).is_ok_and(|data| {
        FileType::from_raw_mode(data.st_mode) == FileType::RegularFile
            && data.st_nlink == 1
            && data.st_uid == 0
    });
    if is_ours && of_folder.uid() != 0 {
        let (user, group) = (
            Uid::from_raw(of_folder.uid()),
            rustix::fs::Gid::from_raw(of_folder.gid()),
        );
        if let Err(error) = fchown(&opened, Some(user), Some(group)) {
            let file = file.display();
            tracing::warn!(%file, %error, "it belongs to root, and whoever serves cannot open it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::why_not;

    #[test]
    fn a_file_of_ones_own_is_not_said_to_be_somebody_elses() {
        assert_eq!(
            why_not(4_321, 4_321),
            "its mode keeps user 4321 out, to whom it belongs: chmod u+rw it"
        );
        assert!(why_not(0, 4_321).ends_with("this command runs as user 4321"));
    }
}
