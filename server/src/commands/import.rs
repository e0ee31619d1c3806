//! `hersys import`: cases from a file, with their IDs as the answer. Whoever may be registered already is left out until
//! somebody says that they are meant. A file that is imported again, because it was cut short or by mistake, registers nobody
//! twice, whoever is meant: its rows that stand are printed once more, so that the answer is whole.

use super::{center, open_quietly, open_to_try, read_bytes};
use anyhow::{Context, Result, bail};
use app::SystemDesk;
use app::case_import::{
    AlikeRow, ImportWork, Imported, LARGEST, LookedAt, Meant, RowError, Step, header,
};
use domain::language::Language;
use server::config::Settings;
use std::collections::BTreeSet;
use std::process::ExitCode;

/// What `--meant` says.
///
/// # Errors
/// A sentence that says how it is written.
pub(super) fn meant(text: &str) -> Result<Meant, String> {
    if text.trim() == "all" {
        return Ok(Meant::All);
    }
    let lines: Result<Vec<u64>, _> = text.split(',').map(|line| line.trim().parse()).collect();
    lines
        .map(Meant::Lines)
        .map_err(|_| "write the numbers of the lines, such as 3,7, or all".to_owned())
}

pub(super) async fn run(settings: &Settings, import: super::Import) -> Result<ExitCode> {
    let bytes = read_bytes(&import.file, LARGEST)?;
    let (scratch, app) = if import.dry_run {
        open_to_try(settings).await?
    } else {
        (None, open_quietly(settings).await?)
    };
    if import.dry_run && scratch.is_none() && app.system_desk().health_centers().await?.is_empty() {
        bail!(
            "there is no health center yet for which it could be tried, and trying makes none: `hersys serve` makes the first one, \
             `hersys provision` those of a file"
        );
    }
    let center = center(&app, settings, import.center.as_deref()).await?;
    let desk = app.system_desk();
    let looked = match desk.look_at_import(&bytes, center.id).await? {
        Ok(looked) => looked,
        Err(errors) => return Ok(refused(&errors, import.dry_run)),
    };
    let meant = import.meant.unwrap_or(Meant::Lines(Vec::new()));
    tell_unknown(&looked, &meant);
    let left_out = looked.left_out(&meant);
    let mut count = looked.count - u64::try_from(left_out.len())?;
    let (mut problems, mut meanwhile) = (Vec::new(), Vec::new());
    if !import.dry_run && (count > 0 || looked.registered_count() > 0) {
        match write(&desk, &looked, left_out.clone()).await? {
            Ok((not_imported, more)) => (problems, meanwhile) = (not_imported, more),
            Err(errors) => return Ok(refused(&errors, false)),
        }
        count -= u64::try_from(problems.len() + meanwhile.len())?;
    }
    let would = if import.dry_run { "would be" } else { "were" };
    match (count, import.dry_run) {
        (0, _) => eprintln!(
            "Nothing {} imported.",
            if import.dry_run { "would be" } else { "was" }
        ),
        (1, true) => eprintln!("One case would be imported for {}.", center.name),
        (1, false) => eprintln!("One case was imported for {}.", center.name),
        (n, _) => eprintln!("{n} cases {would} imported for {}.", center.name),
    }
    if !looked.columns_left_out().is_empty() {
        let columns = looked.columns_left_out().join(", ");
        eprintln!("These columns are not known here and were left out: {columns}");
    }
    tell_workbook(&looked);
    tell_registered(&looked, import.dry_run);
    for problem in &problems {
        eprintln!("{}; not imported", told(problem));
    }
    if !problems.is_empty() {
        eprintln!(
            "That has changed since the file was looked at. Put these rows into a file of their own, with another HER-SYS ID \
             or none, and import it."
        );
    }
    for line in &meanwhile {
        eprintln!(
            "line {line}: may be the same person as somebody who was registered since this file was looked at a moment ago; \
             left out. Run the same command again to see whom"
        );
    }
    tell_alike(&looked, &left_out, import.dry_run);
    Ok(
        if left_out.is_empty() && problems.is_empty() && meanwhile.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        },
    )
}

/// What to do where an import ends before its file does.
const RUN_AGAIN: &str = "run the same command again: the rows that are registered by then are not registered twice, and \
                         are printed with the others";
/// After how many rows it is said how far a large file has come.
const TOLD_EVERY: u64 = 10_000;

/// Imports, and prints the rows as they are on the disk. Tells those that could not be imported, and the lines whose persons were
/// registered meanwhile; of a small file, where there is one that could not be, nothing is imported.
async fn write(
    desk: &SystemDesk,
    looked: &LookedAt,
    left_out: Vec<u64>,
) -> Result<Result<(Vec<RowError>, Vec<u64>), Vec<RowError>>> {
    let Some(mut work) = desk.begin_import(looked, left_out).await? else {
        bail!(
            "another file is being imported for this health center right now. Run the same command again when that is done: \
             whoever is in both is then left out"
        );
    };
    let meanwhile = work.left_out_meanwhile().to_vec();
    let mut out = csv::Writer::from_writer(std::io::stdout());
    let mut has_header = false;
    print_all(&mut out, looked.registered(), &mut has_header)?;
    let (stood, total) = work.progress();
    let is_large = !ImportWork::is_whole(total);
    if is_large && stood < total {
        eprintln!("{total} rows, some at a time. If this is interrupted, {RUN_AGAIN}.");
    }
    let (mut problems, mut printed, mut told) = (Vec::new(), BTreeSet::new(), 0);
    loop {
        let step = work.next_in_time().await;
        let (done, _) = work.progress();
        let cut_short = || format!("{done} of {total} rows were imported; {RUN_AGAIN}");
        let (rows, new) = match step.with_context(cut_short)? {
            None => break,
            Some(Step::Refused(errors)) => return Ok(Err(errors)),
            Some(Step::Lost) => bail!(
                "{done} of {total} rows were imported. Nothing could be written for half a minute, and another file of this \
                 health center was taken on meanwhile; when that is done, {RUN_AGAIN}"
            ),
            Some(Step::Imported { rows, problems }) => (rows, problems),
        };
        problems.extend(new);
        printed.extend(rows.iter().map(|row| row.line));
        print_all(&mut out, rows.into_iter(), &mut has_header).with_context(|| {
            format!("{done} of {total} rows were imported, but the last of them could not be printed; {RUN_AGAIN}")
        })?;
        if is_large && (done / TOLD_EVERY > told || done == total) {
            told = done / TOLD_EVERY;
            eprintln!("{done} of {total}");
        }
    }
    let rest = desk.untold_of(looked, &printed).await?;
    print_all(&mut out, rest.registered(), &mut has_header)?;
    Ok(Ok((problems, meanwhile)))
}

/// Says which sheet of a workbook was read, and what was not.
fn tell_workbook(looked: &LookedAt) {
    let Some(from) = looked.workbook() else {
        return;
    };
    eprintln!("The sheet “{}” was read.", from.sheet);
    if !from.others.is_empty() {
        let sheets = from.others.join(", ");
        eprintln!("Something stands in other sheets, too, which were not read: {sheets}");
    }
    match from.hidden_rows {
        0 => {}
        1 => eprintln!("One row is hidden in the sheet, and was read, too."),
        n => eprintln!("{n} rows are hidden in the sheet, by a filter, say, and were read, too."),
    }
}

/// Says which rows stood before.
fn tell_registered(looked: &LookedAt, dry_run: bool) {
    let again = if dry_run {
        "stands"
    } else {
        "is printed once more"
    };
    match (looked.registered_count(), dry_run) {
        (0, _) => {}
        (1, _) => eprintln!("One row was registered by this very file before; it {again}."),
        (n, true) => eprintln!("{n} rows were registered by this very file before; they stand."),
        (n, false) => {
            eprintln!(
                "{n} rows were registered by this very file before; they are printed once more."
            );
        }
    }
}

/// Says which lines are meant that nobody has to mean: a slip, perhaps, while the row that is meant is left out.
fn tell_unknown(looked: &LookedAt, meant: &Meant) {
    let Meant::Lines(lines) = meant else { return };
    let is_alike = |line| {
        looked
            .alike
            .iter()
            .any(|one| one.line == line && one.is_alike())
    };
    let stands = |line| looked.is_registered(line);
    for line in lines
        .iter()
        .filter(|line| !is_alike(**line) && !stands(**line))
    {
        eprintln!(
            "line {line}: --meant names it, but there is no row on it that may be somebody who stands already"
        );
    }
}

/// Says what is wrong with the rows.
fn refused(errors: &[RowError], dry_run: bool) -> ExitCode {
    for error in errors {
        eprintln!("{}", told(error));
    }
    let nothing = if dry_run {
        "Nothing would be imported"
    } else {
        "Nothing was imported"
    };
    match errors.len() {
        1 => eprintln!("{nothing}: there is one problem."),
        n => eprintln!("{nothing}: there are {n} problems."),
    }
    ExitCode::FAILURE
}

/// Says whose days are unlikely and who may be registered already, and what is to be done about it.
fn tell_alike(looked: &LookedAt, left_out: &[u64], dry_run: bool) {
    for (line, _) in &looked.first_without_phone {
        eprintln!(
            "line {line}: no phone number; this person cannot sign up until one is entered with a correction"
        );
    }
    let shown = u64::try_from(looked.first_without_phone.len()).unwrap_or(u64::MAX);
    match looked.without_phone.saturating_sub(shown) {
        0 => {}
        more => eprintln!("and {more} more without a phone number"),
    }
    for (line, _) in &looked.first_own_number {
        eprintln!(
            "line {line}: the phone number is that of the health center itself; whoever is to call this person would call the center"
        );
    }
    let shown = u64::try_from(looked.first_own_number.len()).unwrap_or(u64::MAX);
    match looked.own_number.saturating_sub(shown) {
        0 => {}
        more => eprintln!("and {more} more with the number of the health center"),
    }
    for one in &looked.alike {
        let no_name = one.no_name_in(Language::En);
        for sentence in no_name.into_iter().chain(one.days_in(Language::En)) {
            eprintln!("line {}: {sentence}", one.line);
        }
    }
    let alike: Vec<&AlikeRow> = looked.alike.iter().filter(|one| one.is_alike()).collect();
    for one in &alike {
        let ids = |is_born_otherwise: bool| -> Option<String> {
            let stands = one.stands.iter();
            let stands = stands.filter(|one| one.is_born_otherwise == is_born_otherwise);
            let ids: Vec<&str> = stands.map(|one| one.hersys_id.as_str()).collect();
            (!ids.is_empty()).then(|| format!("HER-SYS ID {}", ids.join(" or ")))
        };
        let born_otherwise = |ids| {
            format!(
                "{ids} (same name and phone number; the birthdate is another one, and may be mistyped)"
            )
        };
        let stands = ids(false).into_iter();
        let stands = stands.chain(ids(true).map(born_otherwise));
        let line = one.same_as_line.map(|line| format!("line {line}"));
        let like: Vec<String> = stands.chain(line).collect();
        let fate = match (left_out.contains(&one.line), dry_run) {
            (true, true) => "; would be left out",
            (true, false) => "; left out",
            (false, _) => "",
        };
        let is = match one.known_by_id {
            true => "is registered already, as",
            false => "may be the same person as",
        };
        eprintln!("line {}: {is} {}{fate}", one.line, like.join(" and "));
    }
    if alike.len() > left_out.len() {
        eprintln!("Look at them in the console: two records of one illness can be made one there.");
    }
    let rows = match (left_out.len(), dry_run) {
        (0, _) => return,
        (1, true) => "One row would be left out".to_owned(),
        (1, false) => "One row was left out".to_owned(),
        (n, true) => format!("{n} rows would be left out"),
        (n, false) => format!("{n} rows were left out"),
    };
    let is_asked = |one: &&&AlikeRow| !one.known_by_id && left_out.contains(&one.line);
    let Some(first) = alike.iter().find(is_asked) else {
        eprintln!("{rows}: the same illness is not registered twice.");
        return;
    };
    eprintln!(
        "{rows}: the same illness is not registered twice. Look at who stands in the console. Twins and further illnesses \
         are right: import them with --meant and the numbers of their lines, such as --meant {}",
        first.line
    );
}

/// Prints rows, and before the first of them the names of the columns.
fn print_all(
    out: &mut csv::Writer<std::io::Stdout>,
    rows: impl Iterator<Item = Imported>,
    has_header: &mut bool,
) -> Result<()> {
    for row in rows {
        if !*has_header {
            out.write_record(header(row.fields.len()))?;
            *has_header = true;
        }
        out.write_record(&row.fields)?;
    }
    out.flush()?;
    Ok(())
}

fn told(error: &RowError) -> String {
    let column = if error.column.is_empty() {
        String::new()
    } else {
        format!(", {}", error.column)
    };
    format!("line {}{column}: {}", error.line, error.reason)
}
