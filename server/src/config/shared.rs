//! Which settings all processes on one database have to share.

use super::Settings;
use app::second_factor::Factor;
use app::shared_settings::Shared;

impl Settings {
    /// Those that every process on the database needs alike, by their names; none of them a secret. Addresses that were not given
    /// follow from where a process listens, and are left out.
    pub fn shared(&self) -> Shared {
        let is_there = |there: bool| if there { "given" } else { "none" };
        let second_factor = match self.second_factor {
            Factor::Required => "required",
            Factor::Off => "off",
        };
        let backups = self.backups.as_ref();
        let all = [
            ("HERSYS_PUBLIC_URL", self.public_url.clone()),
            ("HERSYS_CONSOLE_URL", self.console_url.clone()),
            ("HERSYS_PHONE_REGION", Some(self.phone_region.to_string())),
            ("HERSYS_ID_LENGTHS", Some(self.id_lengths.to_string())),
            (
                "HERSYS_EMERGENCY_NUMBER",
                Some(self.emergency_number.clone()),
            ),
            ("HERSYS_TIME_ZONE", Some(self.time_zone.clone())),
            ("HERSYS_STAFF_SECOND_FACTOR", Some(second_factor.to_owned())),
            (
                "HERSYS_SMS_GATEWAY",
                Some(is_there(self.sms_gateway.is_some()).to_owned()),
            ),
            // A node by whose rhythm backups are made removes those of the others by its own, too.
            (
                "HERSYS_BACKUP_EVERY",
                backups.map(|backups| backups.every.as_hours().to_string()),
            ),
            (
                "HERSYS_BACKUP_KEEP",
                backups.map(|backups| backups.keep.to_string()),
            ),
            (
                "HERSYS_SINGLE_SIGN_ON",
                Some(is_there(self.single_sign_on.is_some()).to_owned()),
            ),
        ];
        let given = |(name, value): (&str, Option<String>)| Some((name.to_owned(), value?));
        all.into_iter().filter_map(given).collect()
    }
}
