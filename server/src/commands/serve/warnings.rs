//! What a server says in its log of how it was set up, once it serves.

use super::super::doctor::sample_staff;
use anyhow::Result;
use app::App;
use app::demo::Samples;
use app::shared_settings::Shared;
use server::config::Settings;

/// What works, but probably not as its operator wishes.
pub(super) async fn warn_of(settings: &Settings, app: &App) -> Result<()> {
    let behind_proxy = settings
        .public_url
        .as_deref()
        .is_some_and(|url| url.starts_with("https://"));
    if behind_proxy && settings.trusted_proxies.is_empty() {
        tracing::warn!(
            "HERSYS_PUBLIC_URL is https, so a proxy stands in front, but HERSYS_TRUSTED_PROXIES is empty: \
             all clients look like one"
        );
    }
    if settings.master_key.is_none() && settings.key_file().is_open_to_others() {
        let file = settings.key_file().path().display().to_string();
        tracing::warn!(file, "others can read the key; chmod 600 it");
    }
    if let Some(doubt) = app.system_desk().doubt_of_clock().await? {
        tracing::warn!(doubt, "the time is not believed");
    }
    if let Samples::BesideOthers(staff) = app.system_desk().samples().await? {
        let says = sample_staff(&staff);
        tracing::warn!("{says}");
    }
    let all = app.system_desk().health_centers().await?;
    let mut silent = all.iter().filter(|one| one.contact.phone.is_empty());
    if let Some(first) = silent.next() {
        tracing::warn!(
            center = first.name,
            others = silent.count(),
            "it has no phone number, so that nobody who is ill can call it; set it in the console under Contact of \
             the center, or with `hersys provision`; `hersys doctor` names the others"
        );
    }
    if app.system_desk().count_staff().await? == 0 {
        tracing::info!("nobody can sign in to the console yet; `hersys staff add` changes that");
    }
    Ok(())
}

/// Keeps what all processes on the database need alike, and names what the one that started before this one had otherwise.
pub(super) async fn share(app: App, here: Shared) {
    match app.system_desk().share_settings(here).await {
        Ok(differs) => {
            for one in differs {
                tracing::warn!(
                    setting = one.name,
                    here = one.here,
                    before = one.there,
                    "another setting than at the process that started before this one; all processes on a database need the same"
                );
            }
        }
        // Nobody waits for it, and `hersys doctor` compares again.
        Err(error) => tracing::warn!(%error, "the shared settings are not kept"),
    }
}
