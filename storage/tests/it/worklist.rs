//! The sections of the worklist have one order on both engines.

use crate::{now, on_both};
use domain::ids::{CaseId, HealthCenterId, PersonId};
use jiff::SignedDuration;
use storage::case_registration::{NewCase, NewPerson};
use storage::engine::At;
use storage::health_center::HealthCenterRow;
use storage::monitoring;
use storage::worklist::{LookedAfterBy, Section, Wish, ask_rows};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn of_equally_urgent_people_whoever_never_reported_comes_last() {
    on_both(|db| async move {
        let center = HealthCenterId::from_uuid(Uuid::from_u128(1));
        let day = now().to_zoned(jiff::tz::TimeZone::UTC).date();
        // The one in the middle never reported; the others did, the last one an hour ago.
        let measured = [Some(5), None, Some(1)];
        let found = db
            .write(move |tx| {
                let row = HealthCenterRow {
                    id: center,
                    name: "Minato".to_owned(),
                    contact: serde_json::json!({}),
                    time_zone: "Asia/Tokyo".to_owned(),
                };
                storage::health_center::insert(tx, &row, now())?;
                for (n, hours) in (10u128..).zip(measured) {
                    let person = NewPerson {
                        id: PersonId::from_uuid(Uuid::from_u128(100 + n)),
                        center,
                        birthdate: day,
                        phone_sealed: vec![1],
                        phone_blind: vec![2],
                        email_sealed: None,
                        language: "ja".to_owned(),
                        names: Vec::new(),
                    };
                    let case = NewCase {
                        id: CaseId::from_uuid(Uuid::from_u128(n)),
                        programme: "covid-19".to_owned(),
                        hersys_id: n.to_string(),
                        diagnosed_on: day,
                        onset_on: None,
                        entered_japan_on: None,
                        passport_sealed: None,
                        registered_by: None,
                        form_key: Uuid::from_u128(200 + n),
                        is_contact: false,
                    };
                    storage::case_registration::insert_person(tx, &person, now())?;
                    storage::case_registration::insert_case(tx, &case, &person, now())?;
                    monitoring::begin(tx, case.id, center, day, None, (true, false), now())?;
                    let at = hours.map(|h| At(now() - SignedDuration::from_hours(h)));
                    tx.execute(
                        "UPDATE monitoring SET urgency = 2, measured_at = $2 WHERE case_id = $1",
                        &[&case.id.uuid(), &at],
                    )?;
                }
                let wish = Wish {
                    center,
                    by: LookedAfterBy::Anybody,
                    programme: String::new(),
                    limit: 10,
                    offset: 0,
                };
                let found = ask_rows(tx, Section::Urgent, &wish)?.all(tx)?;
                Ok(found
                    .into_iter()
                    .map(|row| row.hersys_id)
                    .collect::<Vec<_>>())
            })
            .await
            .unwrap();
        assert_eq!(found, ["12", "10", "11"]);
    })
    .await;
}
