//! Names in the environment that look like settings and are none, and which one was probably meant: an operator who
//! mistypes a name must not run for months with the usual value and not know it.

use super::source::{SETTINGS, in_environment};

/// Given to commands and to tests, not to `serve`.
const ELSEWHERE: &[&str] = &[
    "HERSYS_CONFIG",
    "HERSYS_COPY_TO",
    "HERSYS_WRITE_PERMISSIONS",
    "HERSYS_BROWSER_ON_POSTGRES",
    "HERSYS_BINARY",
];

/// All names that a setting has in the environment.
fn names() -> impl Iterator<Item = String> {
    SETTINGS.iter().flat_map(|setting| {
        let full = in_environment(setting.name);
        let in_file = setting.secret.then(|| format!("{full}_FILE"));
        std::iter::once(full).chain(in_file)
    })
}

/// Whether a name is known: a setting, or what is none of this program's business.
pub(super) fn is_known(name: &str) -> bool {
    names().any(|known| known == name)
        || ELSEWHERE.contains(&name)
        || name.starts_with("HERSYS_TEST_")
        || is_of_cluster(name)
}

/// Kubernetes puts the addresses of a service called `hersys` into the environment of every container beside it.
fn is_of_cluster(name: &str) -> bool {
    let after_port = name.strip_prefix("HERSYS_PORT_").unwrap_or_default();
    name == "HERSYS_PORT"
        || name.starts_with("HERSYS_SERVICE_")
        || after_port.starts_with(|c: char| c.is_ascii_digit())
}

/// What is to be said of a name that is not known; it goes on after the name.
pub(super) fn sentence(name: &str) -> String {
    let near = names()
        .chain(["HERSYS_CONFIG".to_owned(), "HERSYS_COPY_TO".to_owned()])
        .map(|known| (distance(name, &known), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len().saturating_sub(7) / 4 + 1);
    match near {
        Some((_, known)) => format!("is not a setting; did you mean {known}?"),
        None => "is not a setting; README.md lists all of them".to_owned(),
    }
}

/// The same of a name in the file, where names are written small and without `HERSYS_`.
pub(super) fn in_file(name: &str) -> String {
    let full = name.to_uppercase();
    let full = full.strip_prefix("HERSYS_").unwrap_or(&full);
    let said = sentence(&format!("HERSYS_{full}"));
    if is_known(&format!("HERSYS_{full}")) {
        return format!("is written {}", full.to_lowercase());
    }
    match said.split_once("HERSYS_") {
        Some((before, meant)) => format!("{before}{}", meant.to_lowercase()),
        None => said,
    }
}

/// How many letters are to be added, left out, changed or swapped with the next one to make one name of the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_told() {
        for (typed, meant) in [
            ("HERSYS_PORTAL_LISTENN", "HERSYS_PORTAL_LISTEN"),
            ("HERSYS_SMTP_ULR", "HERSYS_SMTP_URL"),
            ("HERSYS_SMTP_URL_FIL", "HERSYS_SMTP_URL_FILE"),
            ("HERSYS_MASTERKEY", "HERSYS_MASTER_KEY"),
            ("HERSYS_COPYTO", "HERSYS_COPY_TO"),
            ("HERSYS_ID_LENGHTS", "HERSYS_ID_LENGTHS"),
            ("HERSYS_LOGS", "HERSYS_LOG"),
        ] {
            assert!(!is_known(typed), "{typed}");
            let told = sentence(typed);
            assert!(told.ends_with(&format!("did you mean {meant}?")), "{told}");
        }
        assert!(!sentence("HERSYS_COFFEE").contains("did you mean"));
        assert!(in_file("smpt_url").ends_with("did you mean smtp_url?"));
        assert_eq!(in_file("HERSYS_PORTAL_LISTEN"), "is written portal_listen");
    }

    #[test]
    fn what_is_a_setting_is_not_called_a_slip() {
        for name in names().chain(ELSEWHERE.iter().map(|name| (*name).to_owned())) {
            assert!(is_known(&name), "{name}");
        }
        for name in [
            "HERSYS_TEST_CHROMIUM",
            "HERSYS_SERVICE_HOST",
            "HERSYS_PORT",
            "HERSYS_PORT_8080_TCP_ADDR",
        ] {
            assert!(is_known(name), "{name}");
        }
        assert!(!is_known("HERSYS_PORTAL"));
    }
}
