//! A file that a staff member looks at in the console, imports, and comes back to: what is kept of it, and how far its
//! import has come. A large one goes on when the browser closes; one that was cut short is gone on with where it stopped.

use super::again::REMEMBERED;
use super::sheet::Sheet;
use super::standing::LeftOut;
use super::survey::Asked;
use super::{
    ImportFor, ImportWork, Lines, LookedAt, Meant, RowError, Since, Step, error, standing,
};
use crate::{App, Error, StaffDesk};
use domain::ids::CaseId;
use domain::language::Language;
use domain::staff_role::Right;
use i18n::words;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::sync::Arc;
use storage::case_import::{self as rows, DraftRow, Fate, GoOn};
use uuid::Uuid;

const SEALED_AS: &str = "import";
/// How much of a file is sealed and written at once.
const PART: usize = 1 << 20;
/// An import of which no rows were written for so long has stopped: its process has ended.
pub(super) const SILENT: SignedDuration = SignedDuration::from_secs(30);

/// What came of importing a file that was looked at.
pub enum ImportDraft {
    /// It is imported: now, or already when the button was pressed before.
    Imported,
    /// It is large, and this is its import: whoever asked for it must run it.
    Begun(Box<ImportWork>),
    /// It is being imported, since the button was pressed before.
    Works,
    /// Something is wrong by now, such as an ID that was given meanwhile; nothing was imported.
    Problems(Vec<RowError>),
    /// There is no such file; it was looked at too long ago.
    NoSuchFile,
}

/// How far the import of a file has come.
#[derive(Clone)]
pub enum ImportState {
    /// It is being imported: how many rows are, of how many.
    Works(u64, u64),
    /// It was cut short: how many rows are imported, of how many. The button goes on with it.
    Stopped(u64, u64),
    /// All of it was seen to.
    Done {
        /// The cases that it became, in the order of the file.
        cases: Vec<CaseId>,
        /// The rows that were not imported: their ID was given to somebody else meanwhile.
        problems: Vec<RowError>,
        /// The lines that were left out: their persons may stand already.
        left_out: Vec<u64>,
        /// The first of those with the cases that may be the same person's, or the line that may be.
        stand: Vec<LeftOut>,
    },
}

impl StaffDesk {
    /// Looks at a file: what is in it, and the number under which it can be imported; or every bad row.
    pub async fn look_at_import(
        &self,
        bytes: &[u8],
        language: Language,
    ) -> Result<Result<(Uuid, LookedAt), Vec<RowError>>, Error> {
        self.needs(Right::Register)?;
        let center = self.own_center()?;
        let asked = Asked {
            center,
            language,
            without: &Lines::default(),
            taken: true,
            alike: true,
            at_work: None,
        };
        let sheet = match Sheet::read_aside(bytes, words(language)).await? {
            Ok(sheet) => sheet,
            Err(errors) => return Ok(Err(errors)),
        };
        let looked = match self.app.survey(sheet, asked).await? {
            Ok(looked) => looked,
            Err(errors) => return Ok(Err(errors)),
        };
        let (id, staff, now) = (self.app.new_uuid(), self.staff, self.app.clock.now());
        let db = self.app.db();
        db.write(move |tx| rows::keep(tx, (id, staff, center), now))
            .await?;
        for (number, part) in (0..).zip(bytes.chunks(PART)) {
            let sealed = self.app.keys().seal(SEALED_AS, part);
            db.write(move |tx| rows::keep_part(tx, id, number, &sealed))
                .await?;
        }
        Ok(Ok((id, looked)))
    }

    /// Looks again at a file that this staff member has looked at, such as in another language: nothing is written. None where
    /// there is no such file, or its import was asked for already.
    pub async fn look_at_draft(
        &self,
        draft: Uuid,
        language: Language,
    ) -> Result<Option<Result<LookedAt, Vec<RowError>>>, Error> {
        self.needs(Right::Register)?;
        let found = self.draft(draft).await?;
        let Some(found) = found.filter(|found| found.begun_at.is_none() && found.done_at.is_none())
        else {
            return Ok(None);
        };
        if found.has_file {
            let db = self.app.db();
            db.write_once(move |tx| rows::move_file(tx, draft)).await?;
        }
        let Some(sheet) = self.app.sheet_of(draft, language).await? else {
            return Ok(None);
        };
        let asked = Asked {
            center: found.center,
            language,
            without: &Lines::default(),
            taken: true,
            alike: true,
            at_work: None,
        };
        self.app.survey(sheet, asked).await.map(Some)
    }

    /// Imports a file that this staff member has looked at, without the rows whose persons may stand already, but for those
    /// that are meant: so nobody is registered twice by a file that is imported twice, also where somebody else has
    /// imported it since it was looked at. A large one is only begun, or taken on again where it was cut short, then
    /// without the lines that were left out at first, and without those whose persons others have registered since.
    pub async fn import(
        &self,
        draft: Uuid,
        meant: Meant,
        language: Language,
    ) -> Result<ImportDraft, Error> {
        self.needs(Right::Register)?;
        let Some(found) = self.draft(draft).await? else {
            return Ok(ImportDraft::NoSuchFile);
        };
        if found.done_at.is_some() {
            return Ok(ImportDraft::Imported);
        }
        let mut whom = ImportFor {
            center: found.center,
            by: Some(self.staff),
            language,
            draft: Some(draft),
            without: Lines::default(),
            entry: self.did("case.registered", None),
        };
        if let Some(begun_at) = found.begun_at {
            whom.without = left_out(&found);
            return self.go_on((found, begun_at), whom).await;
        }
        if found.has_file {
            let db = self.app.db();
            db.write_once(move |tx| rows::move_file(tx, draft)).await?;
        }
        let Some(sheet) = self.app.sheet_of(draft, language).await? else {
            // The button was pressed twice, and the other press was done a moment ago.
            let is_done = self
                .draft(draft)
                .await?
                .is_some_and(|found| found.done_at.is_some());
            return Ok(match is_done {
                true => ImportDraft::Imported,
                false => ImportDraft::NoSuchFile,
            });
        };
        let (center, now) = (found.center, self.app.clock.now());
        let claimed = self
            .app
            .db()
            .write(move |tx| rows::claim(tx, (draft, center), now - SILENT, now))
            .await?;
        if !claimed {
            return Ok(another(language));
        }
        let imported = self.import_claimed((draft, now), sheet, &meant, whom).await;
        if came_to_nothing(&imported) {
            let db = self.app.db();
            let left = db.write(move |tx| rows::gives_up(tx, draft)).await;
            tell_of_waiting(left);
        }
        imported
    }

    /// Imports a small file whose turn it is since a moment, or begins a large one.
    async fn import_claimed(
        &self,
        (draft, since): (Uuid, Timestamp),
        sheet: Sheet,
        meant: &Meant,
        mut whom: ImportFor,
    ) -> Result<ImportDraft, Error> {
        let language = whom.language;
        // Everything that can be wrong is found before anything is written.
        let asked = Asked {
            center: whom.center,
            language,
            without: &Lines::default(),
            taken: true,
            alike: *meant != Meant::All,
            at_work: Some((draft, 0)),
        };
        let looked = match self.app.survey(sheet, asked).await? {
            Ok(looked) => looked,
            Err(errors) => return Ok(ImportDraft::Problems(errors)),
        };
        whom.without = Lines::of(looked.left_out(meant));
        let left_out = whom.without.count();
        let stand = standing::written(self.app.keys(), &looked.alike, &whom.without);
        let db = self.app.db();
        db.write(move |tx| rows::note_stand(tx, draft, &stand))
            .await?;
        let count = looked.count.saturating_sub(left_out);
        if !ImportWork::is_whole(count) {
            let (without, now) = (whom.without.clone(), self.app.clock.now());
            let begun = self
                .app
                .db()
                .write(move |tx| rows::begin(tx, draft, (&without.0, count), (since, now)))
                .await?;
            if !begun {
                let found = self.draft(draft).await?;
                return Ok(match found.is_some_and(|found| found.begun_at.is_some()) {
                    true => ImportDraft::Works,
                    false => another(language),
                });
            }
        } else if left_out > 0 {
            let without = whom.without.clone();
            let db = self.app.db();
            db.write(move |tx| rows::leave_out(tx, draft, &without.0))
                .await?;
        }
        let nothing = Lines::default();
        let mut work = ImportWork::begin(&self.app, &looked.sheet, whom, (count, nothing)).await?;
        if !ImportWork::is_whole(count) {
            return Ok(ImportDraft::Begun(Box::new(work)));
        }
        Ok(match work.next().await? {
            Some(Step::Refused(errors)) => ImportDraft::Problems(errors),
            Some(Step::Lost) => another(language),
            Some(Step::Imported { .. }) | None => ImportDraft::Imported,
        })
    }

    /// Takes an import on that was cut short. `begun_at`: since when it is compared with who stands.
    async fn go_on(
        &self,
        (found, begun_at): (DraftRow, Timestamp),
        whom: ImportFor,
    ) -> Result<ImportDraft, Error> {
        let (draft, center, now) = (found.id, found.center, self.app.clock.now());
        let taken = self
            .app
            .db()
            .write(move |tx| rows::go_on(tx, (draft, center), now - SILENT, now))
            .await?;
        match taken {
            GoOn::Taken => {}
            GoOn::Works => return Ok(ImportDraft::Works),
            GoOn::Another => return Ok(another(whom.language)),
        }
        let gone_on = self.go_on_claimed((found, begun_at), whom).await;
        if came_to_nothing(&gone_on) {
            let db = self.app.db();
            let left = db.write(move |tx| rows::stops(tx, draft)).await;
            tell_of_waiting(left);
        }
        gone_on
    }

    /// The same where its turn has come. While it had stopped, a colleague may have chosen the same list, and registered whom it
    /// had not come to.
    async fn go_on_claimed(
        &self,
        (found, begun_at): (DraftRow, Timestamp),
        mut whom: ImportFor,
    ) -> Result<ImportDraft, Error> {
        let (draft, db) = (found.id, self.app.db());
        let Some(sheet) = self.app.sheet_of(draft, whom.language).await? else {
            return Ok(ImportDraft::NoSuchFile);
        };
        let sheet = Arc::new(sheet);
        let (before, own) = self.seen_to(draft).await?;
        let asked = Asked {
            center: found.center,
            language: whom.language,
            without: &whom.without.and(&before),
            taken: false,
            alike: true,
            at_work: Some((draft, found.row_count)),
        };
        let since = Since { at: begun_at, own };
        let mut stand = self.app.registered_since(&sheet, asked, &since).await?;
        // Whoever was at work on it before may have written some of them meanwhile.
        let (before, _) = self.seen_to(draft).await?;
        let before = Lines::of(before);
        stand.retain(|line| !before.has(*line));
        let count = found
            .row_count
            .saturating_sub(Lines::of(stand.clone()).count());
        if !stand.is_empty() {
            whom.without = whom.without.and(&stand);
            let without = whom.without.clone();
            db.write(move |tx| rows::leave_out_more(tx, draft, (&without.0, count)))
                .await?;
        }
        let work = ImportWork::begin(&self.app, &sheet, whom, (count, before)).await?;
        Ok(ImportDraft::Begun(Box::new(work.in_parts())))
    }

    /// The lines of a draft of which it stands what became of them, and the cases that they became.
    async fn seen_to(&self, draft: Uuid) -> Result<(Vec<u64>, HashSet<CaseId>), Error> {
        let fates = self.app.db().read(move |tx| rows::fates(tx, draft)).await?;
        let lines = fates.iter().map(|(line, _)| *line).collect();
        let cases = fates.into_iter().filter_map(|(_, fate)| match fate {
            Fate::Imported(case) => Some(case),
            Fate::NotImported(..) => None,
        });
        Ok((lines, cases.collect()))
    }

    /// A file of the own center: what somebody else has looked at is theirs until all of it is imported. From then on it is a
    /// list of people of the center, of whom one invites some and another visits the others.
    async fn draft(&self, draft: Uuid) -> Result<Option<DraftRow>, Error> {
        let db = self.app.db();
        let found = db.read(move |tx| rows::find(tx, draft)).await?;
        let is_open = |row: &DraftRow| row.staff == self.staff || row.done_at.is_some();
        // Whoever works elsewhere by now has left it there.
        let is_here = |row: &DraftRow| self.own_center().is_ok_and(|own| own == row.center);
        Ok(found.filter(|row| is_here(row) && is_open(row)))
    }

    /// How far the import of a file has come; `None` where there is no such file, or nobody has asked for it to be
    /// imported.
    pub async fn import_state(
        &self,
        draft: Uuid,
        language: Language,
    ) -> Result<Option<ImportState>, Error> {
        self.needs(Right::Register)?;
        let Some(found) = self.draft(draft).await? else {
            return Ok(None);
        };
        if found.done_at.is_some() {
            return self.done(found, language).await.map(Some);
        }
        if found.begun_at.is_none() {
            return Ok(None);
        }
        let done = self.app.db().read(move |tx| rows::count(tx, draft)).await?;
        let alive = self.app.clock.now() - SILENT;
        Ok(Some(if found.worked_at.is_some_and(|at| at >= alive) {
            ImportState::Works(done, found.row_count)
        } else {
            ImportState::Stopped(done, found.row_count)
        }))
    }

    async fn done(&self, found: DraftRow, language: Language) -> Result<ImportState, Error> {
        let draft = found.id;
        let fates = self.app.db().read(move |tx| rows::fates(tx, draft)).await?;
        let words = words(language);
        // Where a release before this one imported it, they stand in the draft.
        let mut cases: Vec<CaseId> = found
            .cases
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str()?.parse().ok())
            .collect();
        let mut problems = Vec::new();
        for (line, fate) in fates {
            match fate {
                Fate::Imported(case) => cases.push(case),
                Fate::NotImported(column, key) => {
                    problems.push(error(line, &column, words.say(&key)));
                }
            }
        }
        Ok(ImportState::Done {
            cases,
            problems,
            stand: standing::read(self.app.keys(), &found.stand),
            left_out: left_out(&found).0,
        })
    }

    /// The cases that a file became, in the order of the file; `None` where there is no such file, or not all of it is
    /// imported.
    pub async fn imported(&self, draft: Uuid) -> Result<Option<Vec<CaseId>>, Error> {
        Ok(match self.import_state(draft, Language::En).await? {
            Some(ImportState::Done { cases, .. }) => Some(cases),
            _ => None,
        })
    }
}

/// Whether nothing is imported: whoever chooses another file, or this one put right, need not wait.
fn came_to_nothing(came: &Result<ImportDraft, Error>) -> bool {
    matches!(
        came,
        Err(_) | Ok(ImportDraft::Problems(_) | ImportDraft::NoSuchFile)
    )
}

fn tell_of_waiting(left: Result<(), storage::Error>) {
    if let Err(error) = left {
        tracing::warn!(%error, "an import that came to nothing keeps others waiting for half a minute");
    }
}

/// That another file of the center is being imported.
fn another(language: Language) -> ImportDraft {
    let reason = words(language).say("import-problem-another");
    ImportDraft::Problems(vec![error(1, "", reason)])
}

/// The lines that are left out of an import that was begun.
fn left_out(found: &DraftRow) -> Lines {
    let lines = found.left_out.as_array().into_iter().flatten();
    Lines::of(lines.filter_map(serde_json::Value::as_u64).collect())
}

impl App {
    /// The file of a draft; `None` where it was forgotten meanwhile.
    async fn sheet_of(&self, draft: Uuid, language: Language) -> Result<Option<Sheet>, Error> {
        let mut bytes = Vec::new();
        for number in 0.. {
            let part = self
                .db()
                .read(move |tx| rows::part(tx, draft, number))
                .await?;
            let Some(sealed) = part else { break };
            bytes.extend(self.keys().open(SEALED_AS, &sealed)?);
        }
        // It was read when it was looked at, and waits now until it is its turn.
        let read = Sheet::read_after_others(&bytes, words(language), std::time::Duration::MAX);
        Ok(read.await?.and_then(Result::ok))
    }

    /// Forgets files that nobody imported within a day, and what became of others; of those that a command imported, after
    /// [`REMEMBERED`].
    pub(crate) async fn sweep_imports(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let (before, of_commands) = (now - SignedDuration::from_hours(24), now - REMEMBERED);
        let db = self.db();
        db.write(move |tx| rows::sweep(tx, before, of_commands))
            .await?;
        for draft in db.read(rows::rows_left_over).await? {
            while db.write(move |tx| rows::forget_rows(tx, draft)).await? > 0 {}
        }
        for draft in db.read(rows::files_left_over).await? {
            self.forget_file(draft).await?;
        }
        Ok(())
    }

    /// Forgets the file of a draft, a part at a time.
    pub(super) async fn forget_file(&self, draft: Uuid) -> Result<(), Error> {
        let db = self.db();
        while db.write(move |tx| rows::forget_part(tx, draft)).await? > 0 {}
        Ok(())
    }
}
