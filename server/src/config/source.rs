//! Where the text of a setting comes from: the environment, a file that the environment names, the TOML file.
//! Nothing here knows what a text should mean.

use super::{Problem, misspelt};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A setting as the operator sees it.
pub struct Setting {
    /// Its name in the file; in the environment in upper case after `HERSYS_`.
    pub name: &'static str,
    /// Whether its value is never shown, and may stand in a file of its own (`…_FILE`).
    pub secret: bool,
    /// What holds where it is not given, in words.
    pub usual: &'static str,
}

const fn setting(name: &'static str, usual: &'static str) -> Setting {
    Setting {
        name,
        secret: false,
        usual,
    }
}

const fn secret(name: &'static str, usual: &'static str) -> Setting {
    Setting {
        name,
        secret: true,
        usual,
    }
}

/// All settings, in the order in which they are told.
pub const SETTINGS: &[Setting] = &[
    secret(
        "database_url",
        "the embedded database, hersys.db in the data directory",
    ),
    setting("portal_listen", "127.0.0.1:8080"),
    setting("console_listen", "127.0.0.1:8081"),
    setting(
        "metrics_listen",
        "none; nobody is told figures of the process",
    ),
    setting("public_url", "http:// and the portal's listen address"),
    setting(
        "console_url",
        "http:// and the console's listen address; stands in mails to staff",
    ),
    setting("staff_second_factor", "required"),
    secret(
        "smtp_url",
        "none; mails land in the folder outbox of the data directory",
    ),
    setting(
        "sms_gateway",
        "none; on loopback addresses, messages land in the folder outbox, too",
    ),
    setting(
        "single_sign_on",
        "none; a file that describes the identity provider of the staff",
    ),
    setting("mail_from", "no-reply@ and the host of the public URL"),
    setting(
        "reminders_at_once",
        "16; so many reminders are handed to the mail server at once",
    ),
    setting(
        "reports_an_hour",
        "120; so many reports of one person are taken in an hour, 0: any number",
    ),
    setting("data_dir", "data"),
    secret("master_key", "master.key in the data directory, made once"),
    setting("center_name", "Public Health Center"),
    setting("center_phone", "none; of the first center"),
    setting("id_lengths", "6,7"),
    setting("trusted_proxies", "none"),
    setting("log", "info"),
    setting("log_format", "text"),
    setting(
        "drain_delay",
        "0; in seconds, from SIGTERM to the end of serving",
    ),
    setting("time_zone", "Asia/Tokyo"),
    setting(
        "emergency_number",
        "119; under which an ambulance is called, as all pages and papers say it",
    ),
    setting(
        "phone_region",
        "JP; the country in which phone numbers are dialled that have no country's code",
    ),
    setting("programmes_dir", "none"),
    setting(
        "backup_dir",
        "none; a folder in which `serve` makes backups by itself",
    ),
    setting(
        "backup_recipient",
        "none; who can open them: age1…, several with spaces between them",
    ),
    setting("backup_every", "24; in hours"),
    setting("backup_keep", "7; so many of the last ones are kept"),
    secret(
        "otlp_url",
        "none; a collector of traces, for a build with the feature otlp",
    ),
    secret(
        "otlp_headers",
        "none; what the collector knows us by: name=value, several with commas between them",
    ),
    setting(
        "otlp_sample",
        "0.01; how many of the requests are traced, from 0 to 1",
    ),
];

/// The name of a setting in the environment.
pub(super) fn in_environment(name: &str) -> String {
    format!("HERSYS_{}", name.to_uppercase())
}

/// Secrets in files are short; anything longer is the wrong file.
const LONGEST_SECRET: u64 = 16 * 1024;

/// A text that was given for a setting.
pub struct Found {
    /// The text, without spaces around it; never empty.
    pub text: String,
    /// The setting's name in the environment.
    setting: String,
    /// Where it stands if not in the environment, such as ` (smtp_url in /etc/hersys.toml)`.
    place: String,
}

impl Found {
    /// A text that was given for a setting, for tests.
    #[cfg(test)]
    pub(super) fn of(name: &str, text: &str) -> Found {
        Found {
            text: text.to_owned(),
            setting: in_environment(name),
            place: String::new(),
        }
    }

    /// A problem with this text; `says` goes on after the setting's name.
    pub(super) fn problem(&self, says: impl AsRef<str>) -> Problem {
        Problem {
            sentence: format!("{}{} {}", self.setting, self.place, says.as_ref()),
            setting: self.setting.clone(),
        }
    }

    /// A problem with this text, which is shown; not for secrets.
    pub(super) fn problem_showing(&self, says: &str) -> Problem {
        let shown: String = self.text.chars().take(60).collect();
        self.problem(format!("{says}, not {shown:?}"))
    }
}

/// The environment and the file, read but not yet understood.
pub struct Source {
    environment: BTreeMap<String, OsString>,
    file: Option<(PathBuf, BTreeMap<String, String>)>,
}

impl Source {
    /// Reads the file that the command line (`--config`) or else `HERSYS_CONFIG` names, if any.
    ///
    /// # Errors
    /// Where the file cannot be read or holds something unknown.
    pub fn read(
        config: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Source, Problem> {
        let environment: BTreeMap<String, OsString> = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, value)| name.starts_with("HERSYS_") && !value.is_empty())
            .collect();
        let path = config
            .map(Path::to_owned)
            .or_else(|| environment.get("HERSYS_CONFIG").map(PathBuf::from));
        let file = match path {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(&path).map_err(|e| {
                    let more = closed_to_a_service(&e);
                    Problem::with(
                        "config",
                        format!(
                            "(or --config) must name a file that can be read; {}: {e}{more}",
                            path.display()
                        ),
                    )
                })?;
                let values = parse_file(&path, &text)?;
                Some((path, values))
            }
        };
        Ok(Source { environment, file })
    }

    /// The text of a setting.
    pub(super) fn plain(&self, name: &str) -> Result<Option<Found>, Problem> {
        Ok(match self.environment_text(name)? {
            Some(found) => Some(found),
            None => self.file_text(name),
        })
    }

    /// The text of a secret: given as it is, or in a file of its own.
    pub(super) fn secret(&self, name: &str) -> Result<Option<Found>, Problem> {
        let in_file = format!("{name}_file");
        let both = |plain: Option<Found>, file: Option<Found>| match (plain, file) {
            (Some(_), Some(_)) => Err(Problem::with(
                name,
                format!(
                    "and {} are both given; give one of them",
                    in_environment(&in_file)
                ),
            )),
            (plain, None) => Ok(plain),
            (None, Some(path)) => read_secret(&path).map(Some),
        };
        let above = both(
            self.environment_text(name)?,
            self.environment_text(&in_file)?,
        )?;
        if above.is_some() {
            return Ok(above);
        }
        both(self.file_text(name), self.file_text(&in_file))
    }

    /// The files that were given in which secrets stand, or may stand, each with the setting that names it.
    pub fn files_with_secrets(&self) -> Vec<(String, PathBuf)> {
        let described = ["sms_gateway", "single_sign_on"].map(str::to_owned);
        let secrets = || SETTINGS.iter().filter(|setting| setting.secret);
        let of_secrets = secrets().map(|secret| format!("{}_file", secret.name));
        let named = of_secrets.chain(described).filter_map(|name| {
            let found = self.plain(&name).ok().flatten()?;
            Some((in_environment(&name), PathBuf::from(found.text)))
        });
        let whole = self
            .file
            .iter()
            .filter(|(_, values)| secrets().any(|secret| values.contains_key(secret.name)))
            .map(|(path, _)| ("HERSYS_CONFIG or --config".to_owned(), path.clone()));
        named.chain(whole).collect()
    }

    /// Names in the environment that look like settings and are none, each with what is to be said of it; the sentence
    /// goes on after the name.
    pub fn unknown(&self) -> Vec<(&str, String)> {
        self.environment
            .keys()
            .map(String::as_str)
            .filter(|name| !misspelt::is_known(name))
            .map(|name| (name, misspelt::sentence(name)))
            .collect()
    }

    /// What the operator gave for a setting, in words, without a secret; `None` where it is as usual.
    pub fn shown(&self, setting: &Setting) -> Option<String> {
        let found = if setting.secret {
            self.secret(setting.name)
        } else {
            self.plain(setting.name)
        };
        found.ok().flatten().map(|found| {
            if setting.secret {
                "given".to_owned()
            } else {
                found.text
            }
        })
    }

    fn environment_text(&self, name: &str) -> Result<Option<Found>, Problem> {
        let setting = in_environment(name);
        let Some(value) = self.environment.get(&setting) else {
            return Ok(None);
        };
        let text = value
            .to_str()
            .ok_or_else(|| Problem::with(name, "must be valid UTF-8"))?
            .trim()
            .to_owned();
        let place = String::new();
        Ok((!text.is_empty()).then_some(Found {
            text,
            setting,
            place,
        }))
    }

    fn file_text(&self, name: &str) -> Option<Found> {
        let (path, values) = self.file.as_ref()?;
        let text = values.get(name)?.trim().to_owned();
        (!text.is_empty()).then(|| Found {
            text,
            setting: in_environment(name),
            place: format!(" ({name} in {})", path.display()),
        })
    }
}

/// What more is said of a file that a user may not read, who is mostly a service.
pub(super) fn closed_to_a_service(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            ". A service cannot read root's files: let its unit hand this one over (LoadCredential)"
        }
        _ => "",
    }
}

fn read_secret(file: &Found) -> Result<Found, Problem> {
    let path = Path::new(&file.text);
    let unreadable = |why: String| {
        file.problem(format!(
            "must name a file that can be read; {}: {why}",
            path.display()
        ))
    };
    let cannot_be_read =
        |error: std::io::Error| unreadable(format!("{error}{}", closed_to_a_service(&error)));
    let size = std::fs::metadata(path).map_err(cannot_be_read)?.len();
    if size > LONGEST_SECRET {
        return Err(unreadable("it is too long for a secret".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(cannot_be_read)?;
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Err(unreadable("it is empty".to_owned()));
    }
    Ok(Found {
        text,
        setting: file.setting.trim_end_matches("_FILE").to_owned(),
        place: format!(" (in {})", path.display()),
    })
}

/// The settings of a TOML file. The parser's own words are not repeated: they may quote a secret.
fn parse_file(path: &Path, text: &str) -> Result<BTreeMap<String, String>, Problem> {
    let at = path.display();
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..before]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        Problem::with(
            "config",
            format!("must name a TOML file; {at} is none, see its line {line}"),
        )
    })?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let known = SETTINGS
            .iter()
            .any(|s| s.name == key || (s.secret && key.strip_suffix("_file") == Some(s.name)));
        if !known {
            return Err(Problem::with(
                "config",
                format!("names {at}, in which {key:?} {}", misspelt::in_file(&key)),
            ));
        }
        let value = as_text(&value).ok_or_else(|| {
            Problem::with(
                &key,
                format!("({key} in {at}) must be a text, a number, or a list of them"),
            )
        })?;
        values.insert(key, value);
    }
    Ok(values)
}

fn as_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Array(parts) => {
            let parts: Option<Vec<String>> = parts.iter().map(as_text).collect();
            Some(parts?.join(","))
        }
        _ => None,
    }
}
