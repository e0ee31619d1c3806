//! By which name this machine is known among those that share a database.

/// The name that the system goes by.
pub fn name() -> String {
    let system = rustix::system::uname();
    system.nodename().to_string_lossy().into_owned()
}
