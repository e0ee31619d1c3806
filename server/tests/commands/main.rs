//! The binary as its operator meets it: sentences, exit codes, what it leaves on the disk.
#![allow(clippy::unwrap_used)]

mod import;
mod looked_at;
#[path = "../machine/mod.rs"]
mod machine;
mod set_up;
mod who_works;

const HEADER: &str = "name,name_kana,name_latin,birthdate,phone,language,diagnosed_on,onset_on,entered_japan_on,\
                      passport_number,hersys_id";
