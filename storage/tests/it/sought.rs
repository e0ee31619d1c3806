//! Who is looked for by what is known of them is found in a nation, too, where many share it.

use crate::statements::{plan, statements};
use crate::{now, on_both};
use domain::ids::{CaseId, HealthCenterId, JurisdictionId, PersonId};
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use storage::case_registration::{self as cases, NameRow, NewCase, NewPerson, Scope};
use storage::health_center::HealthCenterRow;
use storage::jurisdiction::{self, Below, JurisdictionRow};
use storage::{Error, Tx};
use uuid::Uuid;

const MINATO: Uuid = Uuid::from_u128(1);
const SHIBUYA: Uuid = Uuid::from_u128(2);
/// What is written where nobody knows it.
const UNKNOWN_DAY: Date = date(1970, 1, 1);
/// The number of a home, hashed.
const OF_ALL: &[u8] = &[7];

/// A center, and what lies there.
fn center(tx: &mut Tx<'_>, id: Uuid, name: &str) -> Result<Below, Error> {
    let row = HealthCenterRow {
        id: HealthCenterId::from_uuid(id),
        name: name.to_owned(),
        contact: serde_json::json!({}),
        time_zone: "Asia/Tokyo".to_owned(),
    };
    storage::health_center::insert(tx, &row, now())?;
    let id = JurisdictionId::from_uuid(id);
    let place = JurisdictionRow {
        id,
        parent: None,
        kind: "health_center".to_owned(),
        name: name.to_owned(),
        path: jurisdiction::path_below(None, id),
    };
    jurisdiction::insert(tx, &place, now())?;
    Ok(Below::place(&place.path))
}

/// Registers somebody under a number, so many minutes after the first.
fn registers(
    tx: &mut Tx<'_>,
    (center, n): (Uuid, u128),
    (name, born, phone): (&str, Date, &[u8]),
) -> Result<(), Error> {
    let at = now() + SignedDuration::from_mins(i64::try_from(n).unwrap());
    let person = NewPerson {
        id: PersonId::from_uuid(Uuid::from_u128(1_000 + n)),
        center: HealthCenterId::from_uuid(center),
        birthdate: born,
        phone_sealed: vec![1],
        phone_blind: phone.to_vec(),
        email_sealed: None,
        language: "ja".to_owned(),
        names: vec![NameRow {
            script: "latin".to_owned(),
            name: name.to_owned(),
            key_joined: name.to_owned(),
            key_sorted: name.to_owned(),
        }],
    };
    let case = NewCase {
        id: CaseId::from_uuid(Uuid::from_u128(n)),
        programme: "covid-19".to_owned(),
        hersys_id: n.to_string(),
        diagnosed_on: date(2026, 11, 20),
        onset_on: None,
        entered_japan_on: None,
        passport_sealed: None,
        registered_by: None,
        form_key: Uuid::from_u128(2_000 + n),
        is_contact: false,
    };
    cases::insert_person(tx, &person, at)?;
    cases::insert_case(tx, &case, &person, at)?;
    Ok(())
}

/// The numbers of cases.
fn numbers(found: Vec<cases::CaseRow>) -> Vec<String> {
    found.into_iter().map(|row| row.hersys_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_other_centers_follow_takes_no_place_among_those_who_are_found() {
    on_both(|db| async move {
        let found = db
            .write(|tx| {
                let minato = center(tx, MINATO, "Minato")?;
                center(tx, SHIBUYA, "Shibuya")?;
                registers(tx, (MINATO, 10), ("ken", UNKNOWN_DAY, OF_ALL))?;
                for n in 20..25 {
                    registers(tx, (SHIBUYA, n), ("jun", UNKNOWN_DAY, OF_ALL))?;
                }
                let scope = Scope::Below(minato);
                Ok([
                    numbers(cases::by_birthdate(tx, &scope, UNKNOWN_DAY, 2)?),
                    numbers(cases::by_phone(tx, &scope, OF_ALL, 2)?),
                    numbers(cases::by_phone(
                        tx,
                        &Scope::Below(Below::everywhere()),
                        OF_ALL,
                        2,
                    )?),
                ])
            })
            .await
            .unwrap();
        assert_eq!(found[..2], [["10"], ["10"]]);
        assert_eq!(found[2], ["24", "23"], "the newest first");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_whom_the_most_agrees_comes_before_whoever_was_registered_later() {
    on_both(|db| async move {
        let (alike, found) = db
            .write(|tx| {
                let minato = center(tx, MINATO, "Minato")?;
                let another = date(1980, 2, 3);
                registers(tx, (MINATO, 10), ("anh", UNKNOWN_DAY, &[1]))?;
                registers(tx, (MINATO, 11), ("anh", another, OF_ALL))?;
                registers(tx, (MINATO, 12), ("jun", UNKNOWN_DAY, &[2]))?;
                registers(tx, (MINATO, 13), ("rei", another, OF_ALL))?;
                // A namesake with whom nothing else agrees is nobody's double.
                registers(tx, (MINATO, 14), ("anh", another, &[3]))?;
                let keys = ("anh", "anh");
                let alike = cases::alike(tx, &minato, OF_ALL, UNKNOWN_DAY, keys, 9)?;
                let center = HealthCenterId::from_uuid(MINATO);
                let found = cases::may_stand(tx, center, UNKNOWN_DAY, OF_ALL, keys)?;
                let found: Vec<_> = (found.into_iter())
                    .map(|one| (one.hersys_id, one.birthdate == UNKNOWN_DAY))
                    .collect();
                Ok((numbers(alike), found))
            })
            .await
            .unwrap();
        assert_eq!(alike, ["10", "11", "12", "13"]);
        // Whose birthdate alone differs is found; of whom only the name or only the phone agrees beside another one, not.
        let found: Vec<_> = (found.iter())
            .map(|(id, is_born_then)| (id.as_str(), *is_born_then))
            .collect();
        assert_eq!(found, [("11", false), ("10", true), ("12", true)]);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_looked_for_among_all_cases_of_a_center() {
    let all: Vec<String> = statements()
        .into_iter()
        .map(|(_, sql)| sql.replace("\\u{1f}", "-"))
        .filter(|sql| {
            let by = ["p.birthdate = $", "p.phone_blind = $"];
            by.iter().any(|by| sql.contains(by)) && sql.contains("cases c")
        })
        // A clinic's own patients are few, and each is looked at.
        .filter(|sql| !sql.contains("c.id IN (SELECT n.case_id"))
        .collect();
    assert!(all.len() >= 7, "{all:#?}");
    on_both(|db| {
        let all = all.clone();
        async move {
            for sql in all {
                // The server has no plan to show here.
                let steps = plan(&db, sql.clone()).await;
                let walks = |step: &&String| step.contains("cases_by_center");
                assert_eq!(steps.iter().find(walks), None, "{sql}\n{steps:#?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn who_may_stand_is_not_looked_for_in_the_whole_nation() {
    // It is asked for each row of a list, and before each case is written, while everybody else who writes waits.
    let all: Vec<String> = statements()
        .into_iter()
        .map(|(_, sql)| sql)
        .filter(|sql| sql.contains("AS told_of"))
        .collect();
    assert_eq!(all.len(), 1, "{all:#?}");
    on_both(|db| {
        let sql = all[0].clone();
        async move {
            let steps = plan(&db, sql).await;
            // The server has no plan to show here.
            if steps.is_empty() {
                return;
            }
            for way in [
                "h USING INDEX persons_born_at (birthdate=? AND health_center_id=?)",
                "r USING INDEX persons_by_phone (phone_blind=?)",
                "m USING INDEX person_names_by_key (key_sorted=?)",
            ] {
                assert!(
                    steps.iter().any(|step| step.contains(way)),
                    "{way}\n{steps:#?}"
                );
            }
            let walks = |step: &&String| {
                step.contains("(birthdate=?)")
                    || step.contains("MULTI-INDEX")
                    || step.starts_with("SCAN p")
                    || step.starts_with("SCAN c")
            };
            assert_eq!(steps.iter().find(walks), None, "{steps:#?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_moved_away_is_found_at_the_center_of_an_older_illness() {
    on_both(|db| async move {
        let found = db
            .write(|tx| {
                center(tx, MINATO, "Minato")?;
                center(tx, SHIBUYA, "Shibuya")?;
                for (n, name, phone) in [
                    (10, "anh", &[1][..]),
                    (11, "jun", OF_ALL),
                    (12, "rei", &[2]),
                    (13, "anh", OF_ALL),
                ] {
                    registers(tx, (MINATO, n), (name, UNKNOWN_DAY, phone))?;
                    // The person goes along with a further illness, and the one of before stays.
                    if n < 13 {
                        tx.execute(
                            "UPDATE persons SET health_center_id = $2 WHERE id = $1",
                            &[&Uuid::from_u128(1_000 + n), &SHIBUYA],
                        )?;
                    }
                }
                registers(tx, (SHIBUYA, 20), ("anh", UNKNOWN_DAY, OF_ALL))?;
                let center = HealthCenterId::from_uuid(MINATO);
                cases::may_stand(tx, center, UNKNOWN_DAY, OF_ALL, ("anh", "anh"))
            })
            .await
            .unwrap();
        let found: Vec<_> = (found.into_iter())
            .map(|one| (one.hersys_id, one.agrees))
            .collect();
        let expected = [("13", 3), ("10", 2), ("11", 1)].map(|(id, n)| (id.to_owned(), n));
        assert_eq!(found, expected);
    })
    .await;
}
