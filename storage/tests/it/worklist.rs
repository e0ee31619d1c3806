//! The sections of the worklist have one order on both engines.

use crate::statements::{plan, statements};
use crate::{now, on_both};
use domain::ids::{CaseId, HealthCenterId, PersonId};
use jiff::SignedDuration;
use storage::case_registration::{NewCase, NewPerson};
use storage::engine::At;
use storage::health_center::HealthCenterRow;
use storage::monitoring;
use storage::worklist::{LookedAfterBy, Section, Wish, ask_rows, count};
use storage::{Error, Tx};
use uuid::Uuid;

const MINATO: HealthCenterId = HealthCenterId::from_uuid(Uuid::from_u128(1));

/// A person of a section: how many hours ago they reported last, whether they are to be called first, whether they are in
/// hospital.
type Somebody = (Option<i64>, bool, bool);

/// Registers people at a center, all as urgent; tells who is in its section of the urgent, by their numbers from 10 on, and
/// how many are counted.
fn urgent(tx: &mut Tx<'_>, people: &[Somebody]) -> Result<(Vec<String>, i64), Error> {
    let center = MINATO;
    let day = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let row = HealthCenterRow {
        id: center,
        name: "Minato".to_owned(),
        contact: serde_json::json!({}),
        time_zone: "Asia/Tokyo".to_owned(),
    };
    storage::health_center::insert(tx, &row, now())?;
    for (n, (hours, call_first, in_hospital)) in (10u128..).zip(people) {
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
        monitoring::begin(tx, case.id, center, day, None, (true, *call_first), now())?;
        let at = hours.map(|h| At(now() - SignedDuration::from_hours(h)));
        tx.execute(
            "UPDATE monitoring SET urgency = 2, measured_at = $2, expects_reports = $3 WHERE case_id = $1",
            &[&case.id.uuid(), &at, &i32::from(!in_hospital)],
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
    let found = found.into_iter().map(|row| row.hersys_id).collect();
    Ok((found, count(tx, Section::Urgent, &wish, 10)?))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_equally_urgent_people_whoever_never_reported_comes_last() {
    on_both(|db| async move {
        // The one in the middle never reported; the others did, the last one an hour ago.
        let people = [Some(5), None, Some(1)].map(|hours| (hours, false, false));
        let found = db.write(move |tx| urgent(tx, &people)).await.unwrap();
        assert_eq!(found, (["12", "10", "11"].map(str::to_owned).to_vec(), 3));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_risk_and_never_reached_comes_before_equals_and_who_is_in_hospital_not_at_all() {
    on_both(|db| async move {
        let people = [
            (Some(5), false, true),
            (None, false, false),
            (Some(1), false, false),
            (None, true, false),
        ];
        let found = db.write(move |tx| urgent(tx, &people)).await.unwrap();
        assert_eq!(found, (["13", "12", "11"].map(str::to_owned).to_vec(), 3));
    })
    .await;
}

#[tokio::test]
async fn each_section_is_a_run_of_an_index_in_its_order() {
    let all: Vec<String> = statements()
        .into_iter()
        .map(|(_, sql)| sql.replace("\\u{1f}", "-"))
        .filter(|sql| {
            sql.contains("WHERE m.health_center_id = $1") && sql.contains("LIMIT $2 OFFSET $3")
        })
        .collect();
    assert_eq!(all.len(), 14, "everybody's, and nobody's in particular");
    on_both(|db| {
        let all = all.clone();
        async move {
            for sql in all {
                // The server has no plan to show here.
                let steps = plan(&db, sql.clone()).await;
                let sorts = |step: &&String| step.contains("FOR ORDER BY");
                assert_eq!(steps.iter().find(sorts), None, "{sql}\n{steps:#?}");
            }
        }
    })
    .await;
}
