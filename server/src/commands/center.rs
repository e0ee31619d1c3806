//! The health center that a command means.

use anyhow::{Result, bail};
use app::App;
use app::health_center::{Contact, HealthCenter};
use server::config::Settings;

/// How people reach the first center, as far as the settings say.
pub(super) fn first_contact(settings: &Settings) -> Contact {
    Contact {
        phone: settings.center_phone.clone(),
        ..Contact::default()
    }
}

/// The health center that the operator means; on an empty database the first one is made.
pub(super) async fn center(
    app: &App,
    settings: &Settings,
    named: Option<&str>,
) -> Result<HealthCenter> {
    let desk = app.system_desk();
    desk.first_center(&settings.center_name, first_contact(settings))
        .await?;
    let mut centers = desk.health_centers().await?;
    let names = || {
        let names: Vec<&str> = centers.iter().map(|c| c.name.as_str()).collect();
        names.join(", ")
    };
    let at = match named.map(str::trim) {
        Some(named) => {
            let of_name = |center: &HealthCenter| center.name == named;
            let in_a_language =
                |center: &HealthCenter| center.contact.names.values().any(|name| name == named);
            // Only its own name is one center's alone: another one may be called so in some language.
            let fit: Vec<usize> = match centers.iter().position(of_name) {
                Some(at) => vec![at],
                None => (0..centers.len())
                    .filter(|at| centers.get(*at).is_some_and(in_a_language))
                    .collect(),
            };
            match fit.as_slice() {
                [at] => *at,
                [] => bail!(
                    "there is no health center {named:?}; there are: {}",
                    names()
                ),
                several => {
                    let own = several.iter().filter_map(|at| centers.get(*at));
                    let own: Vec<&str> = own.map(|center| center.name.as_str()).collect();
                    bail!(
                        "several health centers are called {named:?} in a language; say with --center which one, by its own name: {}",
                        own.join(", ")
                    )
                }
            }
        }
        None if centers.len() == 1 => 0,
        None => bail!(
            "there are several health centers; say with --center which one: {}",
            names()
        ),
    };
    Ok(centers.swap_remove(at))
}
