//! `hersys staff`: whoever may sign in to the console is made here, and finds the way back in.

use super::place::in_words;
use super::{center, open_quietly, open_standing, read_bytes, say};
use anyhow::{Context, Result, anyhow, bail};
use app::App;
use app::staff::{AddStaff, MoveStaff, NewStaff, ResetStaff, Stands, Unmanaged};
use domain::email_address::EmailAddress;
use domain::password::PasswordProblem;
use domain::staff_role::{JurisdictionKind, StaffRole};
use server::config::Settings;
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn add(settings: &Settings, add: super::StaffAdd) -> Result<ExitCode> {
    let email = read_email(&add.email)?;
    let name = add.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        bail!("--name must be a name of at most 200 characters");
    }
    // Asked first: a mistake in the name of the center, or in the address, should not cost a password.
    let app = open_quietly(settings).await?;
    let role = read_role(&add.role)?;
    let kind = role.belongs_at();
    let (place, at) = if kind == JurisdictionKind::HealthCenter && add.place.is_none() {
        let center = center(&app, settings, add.center.as_deref()).await?;
        (NewStaff::place_of(center.id), center.name)
    } else {
        if let Some(named) = add.place.as_deref() {
            belongs_there(&app, role, named).await?;
        }
        let meant = (Some(kind), add.below.as_deref());
        let place = super::place::find(&app, add.place.as_deref(), meant).await?;
        (place.id, place.name)
    };
    let address = email.as_str().to_owned();
    if let Some(stands) = app.system_desk().holder_of(&email).await? {
        bail!(there_already(&address, &stands));
    }
    let password = match &add.password_file {
        Some(file) => from_file(file)?,
        None => ask()?,
    };
    let new = NewStaff {
        email,
        name: name.clone(),
        password,
        role,
        place,
    };
    match app.system_desk().add_staff(new).await? {
        AddStaff::Stands(stands) => bail!(there_already(&address, &stands)),
        AddStaff::Added => {
            say(&format!(
                "{name} can sign in to the console for {at} as {}.",
                in_short(role)
            ));
            Ok(ExitCode::SUCCESS)
        }
        AddStaff::Weak(problems) => bail!(weak(&problems)),
        AddStaff::NoSuchPlace => bail!("{at} was closed this very moment; nothing was changed"),
    }
}

fn there_already(address: &str, stands: &Stands) -> String {
    format!(
        "somebody with the address {address} is there already, as {} at {}{}; nothing was changed. A new password: hersys \
         staff reset --email {address}. Another role or place: hersys staff move --email {address}, or on the page Staff of \
         the console",
        in_short(stands.role),
        stands.place,
        if stands.is_shut_out { ", shut out" } else { "" }
    )
}

fn read_email(typed: &str) -> Result<EmailAddress> {
    EmailAddress::parse(typed)
        .map_err(|_| anyhow!("--email must be an e-mail address such as nurse@example.org"))
}

fn read_role(typed: &str) -> Result<StaffRole> {
    StaffRole::parse(typed.trim()).ok_or_else(|| {
        let roles: Vec<&str> = StaffRole::ALL.iter().map(|r| r.word()).collect();
        anyhow!("--role must be one of: {}", roles.join(", "))
    })
}

/// A role as sentences name it.
fn in_short(role: StaffRole) -> String {
    role.word().replace('_', " ")
}

/// Gives somebody another place or role.
pub(super) async fn move_to(settings: &Settings, to: super::StaffMove) -> Result<ExitCode> {
    let email = read_email(&to.email)?;
    let role = to.role.as_deref().map(read_role).transpose()?;
    let app = open_standing(settings).await?;
    let place = match (&to.center, &to.place) {
        (Some(named), _) => {
            let center = center(&app, settings, Some(named)).await?;
            Some((NewStaff::place_of(center.id), center.name))
        }
        (None, Some(named)) => {
            let named = (named.as_str(), to.below.as_deref());
            let place = super::place::find_for(&app, named, role).await?;
            Some((place.id, place.name))
        }
        (None, None) => None,
    };
    let (id, at) = place.unzip();
    let moved = app
        .system_desk()
        .move_staff(&email, (role, id), to.let_in)
        .await?;
    match moved {
        MoveStaff::Moved {
            name,
            role,
            from,
            is_shut_out,
            left_behind,
            unmanaged,
        } => {
            let at = at.unwrap_or(from);
            let state = match is_shut_out {
                true => " Still shut out: to let them in again, add --let-in.",
                false => "",
            };
            let left = match left_behind {
                0 => String::new(),
                count => format!(
                    " People who were looked after by {name} and need somebody else: {count}. The center's worklist shows them \
                     under that name."
                ),
            };
            say(&format!(
                "{name} works as {} at {at} from now on.{state}{left}",
                in_short(role)
            ));
            for center in unmanaged {
                say(&without_administrator(&center));
            }
            Ok(ExitCode::SUCCESS)
        }
        MoveStaff::Same => bail!("that is how it is already; nothing was changed"),
        MoveStaff::Nobody => bail!("nobody has the address {}", email.as_str()),
        MoveStaff::Role(role) => bail!(
            "the role {} belongs to a {}; nothing was changed. Name another role with --role, or another place with {}",
            in_short(role),
            in_words(role.belongs_at()),
            match role.belongs_at() {
                JurisdictionKind::HealthCenter => "--center",
                _ => "--place",
            }
        ),
        MoveStaff::NoSuchPlace => {
            bail!(
                "the place is closed; nothing was changed. Name another one with --center or --place"
            )
        }
        MoveStaff::ChangedMeanwhile => {
            bail!("somebody changed the account this very moment; nothing was changed. Try again")
        }
    }
}

/// What is to be said of a center that has lost its last administrator, or the last officer who stood in for one.
fn without_administrator(center: &Unmanaged) -> String {
    let name = &center.name;
    match center.officer_above {
        true => format!(
            "Warning: no administrator who can sign in is left at {name}. An officer of its prefecture can make somebody one, on \
             the page Staff of the console."
        ),
        false => format!(
            "Warning: nobody is left who can manage the staff of {name}: no administrator of its own can sign in, and no officer \
             of its prefecture. Make somebody administrator there: hersys staff add --center {name:?}, or hersys staff move; \
             hersys staff list names who works there."
        ),
    }
}

/// Names everybody with where they work, what they do and the address with which they sign in: on standard output alone.
pub(super) async fn list(settings: &Settings) -> Result<ExitCode> {
    let app = open_standing(settings).await?;
    let all = app.system_desk().list_staff().await?;
    if all.is_empty() {
        // What is listed may go into a file.
        eprintln!("There are no staff yet: `hersys staff add` makes the first administrator.");
    }
    for one in all {
        let state = match (one.is_shut_out, one.can_come_in) {
            (true, _) => ", shut out",
            (false, false) => ", invited, has not come in yet",
            (false, true) => "",
        };
        let below = one
            .center
            .map_or(String::new(), |center| format!(" below {center}"));
        say(&format!(
            "{} ({}{below}): {}, {}, {}{state}",
            one.place,
            in_words(one.role.belongs_at()),
            one.name,
            in_short(one.role),
            one.email.expose()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses a place of another kind than the one at which a role works.
async fn belongs_there(app: &App, role: StaffRole, named: &str) -> Result<()> {
    let places = app.system_desk().places().await?;
    let of_name: Vec<_> = places
        .iter()
        .filter(|place| place.name == named.trim())
        .collect();
    let kind = role.belongs_at();
    if let Some(other) = of_name.first()
        && of_name.iter().all(|place| place.kind != kind)
    {
        let (role, kind) = (in_short(role), in_words(kind));
        let option = if kind == in_words(JurisdictionKind::HealthCenter) {
            "--center"
        } else {
            "--place"
        };
        bail!(
            "the role {role} belongs to a {kind}, and {} is a {}; name a {kind} with {option} (`hersys place list` shows all)",
            other.name,
            in_words(other.kind)
        );
    }
    Ok(())
}

pub(super) async fn reset(settings: &Settings, reset: super::StaffReset) -> Result<ExitCode> {
    let email = read_email(&reset.email)?;
    let app = open_standing(settings).await?;
    let nobody = || anyhow!("nobody has the address {}", email.as_str());
    let shut_out = || {
        anyhow!(
            "whoever has this address was shut out; nothing was changed. To let them in again, add --let-in"
        )
    };
    // A slip in the address should not cost a password.
    match app.system_desk().holder_of(&email).await? {
        None => return Err(nobody()),
        Some(stands) if stands.is_shut_out && !reset.let_in => return Err(shut_out()),
        Some(_) => {}
    }
    let password = match &reset.password_file {
        Some(file) => from_file(file)?,
        None => ask()?,
    };
    let done = app
        .system_desk()
        .reset_staff(&email, &password, reset.let_in)
        .await?;
    match done {
        ResetStaff::Reset { name, role } => {
            say(&format!(
                "{name} ({}) signs in with the new password and sets the second factor up anew. Whoever was signed in as \
                 {name} is signed out.",
                in_short(role)
            ));
            Ok(ExitCode::SUCCESS)
        }
        ResetStaff::Nobody => Err(nobody()),
        ResetStaff::ShutOut => Err(shut_out()),
        ResetStaff::PlaceIsClosed => bail!(
            "the place of whoever has this address is closed; nothing was changed. Add a place of the same name where it \
             stood, which opens it again"
        ),
        ResetStaff::Weak(problems) => bail!(weak(&problems)),
    }
}

fn weak(problems: &[PasswordProblem]) -> String {
    let reasons: Vec<&str> = problems.iter().map(reason).collect();
    format!("the password will not do: {}", reasons.join("; "))
}

fn from_file(path: &Path) -> Result<String> {
    let text = String::from_utf8(read_bytes(path, 64 * 1024)?)
        .map_err(|_| anyhow!("{} must be UTF-8", path.display()))?;
    // Only the end of the line goes: a space may be part of a password.
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn ask() -> Result<String> {
    let prompt = |text: &str| {
        rpassword::prompt_password(text)
            .context("there is no terminal to ask for a password on; give it with --password-file")
    };
    let password = prompt("Password: ")?;
    if password != prompt("The same again: ")? {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(password)
}

fn reason(problem: &PasswordProblem) -> &'static str {
    match problem {
        PasswordProblem::Empty => "nothing was typed",
        PasswordProblem::TooShort => "it needs at least 8 characters",
        PasswordProblem::TooLong => "it has more than 1,000 characters",
        PasswordProblem::TooFewClasses => {
            "it needs at least three of: lowercase letter, uppercase letter, number, symbol"
        }
        PasswordProblem::Common => "it is easy to guess",
        PasswordProblem::LikeOwnData => "it is built on the name or the address",
        PasswordProblem::LongNumber => "it holds a number of six or more digits",
    }
}
