//! A disk of its own for a server: an ext4 file system in a file in memory. What the file holds at a moment is what a
//! disk holds when the power goes at that moment: writes that only the kernel remembers are not in it.

use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Pieces in which a copy is compared.
const PIECE: usize = 1 << 20;
/// How often a copy is begun anew because the kernel wrote meanwhile.
const COPIES: u32 = 20;

/// Runs a program of the system.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let done = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("{program} is missing"))?;
    if !done.status.success() {
        bail!(
            "{program} {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&done.stderr).trim()
        );
    }
    Ok(())
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path is not readable")
}

/// Something that is mounted, and taken away with its handle.
pub struct Mounted {
    at: PathBuf,
}

impl Mounted {
    /// Memory as a file system of at most so many megabytes.
    ///
    /// # Errors
    /// Where this process may not mount.
    pub fn memory(at: &Path, megabytes: u64) -> Result<Mounted> {
        fs::create_dir_all(at)?;
        let size = format!("size={megabytes}m");
        run("mount", &["-t", "tmpfs", "-o", &size, "none", text(at)?])?;
        // The database of a server may belong to another user.
        fs::set_permissions(at, PermissionsExt::from_mode(0o755))?;
        Ok(Mounted { at: at.to_owned() })
    }

    fn image(file: &Path, at: &Path) -> Result<Mounted> {
        fs::create_dir_all(at)?;
        run("mount", &["-o", "loop", text(file)?, text(at)?])?;
        Ok(Mounted { at: at.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Takes it away.
    ///
    /// # Errors
    /// Where somebody holds a file of it: the kernel would give the same file system to whoever mounts the next copy, which
    /// then tells of an earlier moment.
    pub fn take_away(self) -> Result<()> {
        self.unmount()
    }

    fn unmount(&self) -> Result<()> {
        let at = text(&self.at)?;
        // Whoever has just ended may hold a file for a moment.
        for _ in 0..100 {
            if run("umount", &[at]).is_ok() {
                return Ok(());
            }
            if !is_mounted(at)? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        run("umount", &[at])
    }
}

fn is_mounted(at: &str) -> Result<bool> {
    let at = fs::canonicalize(at)?;
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    Ok(mounts.lines().any(|line| {
        let place = line.split(' ').nth(1).unwrap_or_default();
        Path::new(&place.replace("\\040", " ")) == at
    }))
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let (Err(_), Ok(at)) = (self.unmount(), text(&self.at)) {
            let _ = run("umount", &["-l", at]);
        }
    }
}

/// A disk of its own.
pub struct Disk {
    // Dropped in this order.
    mounted: Mounted,
    memory: Mounted,
    _folder: TempDir,
    file: PathBuf,
    copies: u32,
}

impl Disk {
    /// A new, empty disk.
    ///
    /// # Errors
    /// Where this process may not mount, or the system has no loop devices.
    pub fn new(megabytes: u64) -> Result<Disk> {
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711))?;
        // Room for the disk, a copy of it and what the proof itself writes.
        let memory = Mounted::memory(&folder.path().join("memory"), megabytes * 3)?;
        let file = memory.path().join("disk");
        File::create(&file)?.set_len(megabytes << 20)?;
        // All of it is laid out at once, so that nothing is written later that nobody asked for.
        let lay_out = "lazy_itable_init=0,lazy_journal_init=0";
        run(
            "mkfs.ext4",
            &["-q", "-F", "-m", "0", "-E", lay_out, text(&file)?],
        )?;
        let mounted = Mounted::image(&file, &folder.path().join("disk"))?;
        Ok(Disk {
            mounted,
            memory,
            _folder: folder,
            file,
            copies: 0,
        })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.mounted.path()
    }

    /// A folder in memory beside the disk, for what the proof itself writes.
    pub fn beside(&self) -> &Path {
        self.memory.path()
    }

    /// What the disk holds at this moment, mounted somewhere else as after a power cut. Whoever writes must stand
    /// still: a copy takes a while, and a disk in the moment of a power cut does not. What the kernel itself still
    /// writes is seen by comparing, and then the copy is made anew.
    ///
    /// # Errors
    /// Where the disk does not come to rest or the copy cannot be mounted.
    pub fn as_after_a_power_cut(&mut self) -> Result<Mounted> {
        let copy = self.memory.path().join("copy");
        let mut tries = 0;
        loop {
            fs::copy(&self.file, &copy)?;
            if is_same(&self.file, &copy)? {
                break;
            }
            tries += 1;
            if tries == COPIES {
                bail!("the disk does not come to rest");
            }
        }
        self.copies += 1;
        let at = self.memory.path().join(format!("cut{}", self.copies));
        Mounted::image(&copy, &at)
    }
}

fn is_same(one: &Path, other: &Path) -> Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let (mut a, mut b) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let read = one.read(&mut a)?;
        if read == 0 {
            return Ok(other.read(&mut b)? == 0);
        }
        if other.read_exact(&mut b[..read]).is_err() || a[..read] != b[..read] {
            return Ok(false);
        }
    }
}

/// Whether proofs that need a disk of their own can run here; else why not.
pub fn is_possible() -> Result<(), String> {
    Disk::new(8)
        .and_then(|mut disk| disk.as_after_a_power_cut().map(|_| ()))
        .map_err(|error| format!("{error:#}"))
}
