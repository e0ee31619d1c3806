//! Reports that come back go to whom they are of, also where one form was sent for two.

use super::{batch, count, make_all, one_case, put_back, run};
use crate::{now, on_both};
use domain::ids::CaseId;
use storage::partitions::Back;
use storage::{Db, retention};
use uuid::Uuid;

/// Ten more cases, and what is in the file: the last digits of a case and of a form, and whose the report is.
async fn cases_and_reports(db: &Db) {
    run(
        db,
        "INSERT INTO cases (id, person_id, health_center_id, programme, hersys_id, diagnosed_on, registered_at, form_key, version)
            SELECT ('00000000-0000-0000-0000-0000000000' || n)::uuid, '00000000-0000-0000-0000-000000000003'::uuid,
                '00000000-0000-0000-0000-000000000001'::uuid, 'p', '12345' || n, DATE '2026-01-01', TIMESTAMPTZ '2026-01-01Z',
                ('00000000-0000-0000-0001-0000000000' || n)::uuid, 1
            FROM generate_series(10, 21) n;
         INSERT INTO status_reports (case_id, id, questionnaire_id, channel, measured_at, received_at, health_day, answers, note,
                level)
            SELECT ('00000000-0000-0000-0000-0000000000' || of_case)::uuid,
                ('01a36e30-f800-7000-8000-0000000000' || form)::uuid, '00000000-0000-0000-0000-000000000002'::uuid, 'web',
                TIMESTAMPTZ '2027-02-01Z', TIMESTAMPTZ '2027-02-01Z', DATE '2027-02-01', '{}'::jsonb, whose, 0
            FROM (VALUES (11, 50, 'mother'), (12, 50, 'child'), (14, 51, 'aunt'), (15, 51, 'nephew'), (16, 52, 'one'),
                (17, 52, 'other'), (20, 53, 'stranger'), (20, 54, 'guest')) reports (of_case, form, whose)",
    )
    .await;
}

/// Takes the reports out, and writes merges down: a number, the kept and the merged case, the form whose report moved, and whether
/// it was undone.
async fn are_merged(db: &Db, merges: &'static str) {
    run(
        db,
        "ALTER TABLE status_reports DETACH PARTITION status_reports_2027h1",
    )
    .await;
    db.write(move |tx| {
        let sql = format!(
            "INSERT INTO merges (id, kept_id, merged_id, at, by_staff, reason_sealed, moved, undone_at)
             SELECT ('00000000-0000-0000-0002-0000000000' || n)::uuid, ('00000000-0000-0000-0000-0000000000' || kept)::uuid,
                ('00000000-0000-0000-0000-0000000000' || merged)::uuid, TIMESTAMPTZ '2027-02-02Z' + n * INTERVAL '1 day',
                '00000000-0000-0000-0000-000000000009'::uuid, 'x', jsonb_build_object('reports',
                    CASE WHEN form IS NULL THEN '[]'::jsonb
                        ELSE jsonb_build_array('01a36e30-f800-7000-8000-0000000000' || form) END,
                    'corrections', jsonb_build_array('00000000-0000-0000-0003-000000000016')),
                CASE WHEN undone THEN TIMESTAMPTZ '2027-09-01Z' END
             FROM (VALUES {merges}) merged (n, kept, merged, form, undone)"
        );
        batch(tx, &sql)
    })
    .await
    .unwrap();
}

async fn is_purged(db: &Db, case: u128) {
    let case = CaseId::from_uuid(Uuid::from_u128(case));
    let gone = db.write(move |tx| retention::purge(tx, case, (now(), now())));
    assert_eq!(gone.await.unwrap().cases, 1);
}

/// Whose reports stand at which case.
async fn stand(db: &Db) -> String {
    db.read(|tx| {
        tx.query_one(
            "SELECT string_agg(right(case_id::text, 2) || ' ' || note, ', ' ORDER BY note) FROM status_reports",
            &[],
            |row| row.get(0),
        )
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_form_for_two_people_stays_two_reports_when_a_half_year_comes_back() {
    on_both(|db: Db| async move {
        if db.is_embedded() {
            return;
        }
        one_case(&db).await;
        make_all(&db, now()).await.unwrap();
        cases_and_reports(&db).await;
        // The mother stands under 11, whom 10 was merged into; the aunt's merge (13 into 14) is undone once the reports are out,
        // and so is that of 18 into 20, who were strangers, after one of 18 into 19 that had seen the form of the stranger.
        // The two of one account (16 and 17) become one while the reports are out.
        are_merged(
            &db,
            "(10, 11, 10, 50, FALSE), (11, 14, 13, 51, TRUE), (12, 17, 16, NULL, FALSE), (13, 19, 18, 53, TRUE),
             (14, 20, 18, 54, TRUE)",
        )
        .await;
        run(
            &db,
            "UPDATE cases SET merged_into = m.kept_id FROM merges m WHERE m.merged_id = cases.id AND m.undone_at IS NULL;
             INSERT INTO corrections (case_id, id, subject, subject_id, at, by_staff, reason_sealed, before_sealed, after_sealed)
                SELECT '00000000-0000-0000-0000-000000000017'::uuid, ('00000000-0000-0000-0003-0000000000' || n)::uuid, 'report',
                    '01a36e30-f800-7000-8000-000000000052'::uuid, TIMESTAMPTZ '2027-02-01Z',
                    '00000000-0000-0000-0000-000000000009'::uuid, 'x', 'x', 'x' FROM generate_series(16, 17) n",
        )
        .await;
        let back = put_back(&db, "status_reports_2027h1").await.unwrap();
        assert!(matches!(back, Back::Attached(_)), "{back:?}");
        assert_eq!(
            stand(&db).await,
            "13 aunt, 12 child, 18 guest, 11 mother, 15 nephew, 17 one, 17 other, 20 stranger"
        );
        // The merge that took the report in while it was away knows it by its new name, and so does what tells of it.
        let told = "SELECT count(*) FROM merges m JOIN status_reports r ON (m.moved->'reports') ? r.id::text
            WHERE r.note = 'one' AND m.merged_id = '00000000-0000-0000-0000-000000000016'
                AND r.id::text LIKE '01a36e30-f800-7000-8%' AND r.id <> '01a36e30-f800-7000-8000-000000000052'";
        assert_eq!(count(&db, told).await, 1);
        let named = "SELECT count(*) FROM corrections k JOIN status_reports r ON r.case_id = k.case_id AND r.id = k.subject_id
            WHERE r.note = CASE right(k.id::text, 2) WHEN '16' THEN 'one' ELSE 'other' END";
        assert_eq!(count(&db, named).await, 2);
        let left = "SELECT count(*) FROM pg_class WHERE oid = to_regclass('status_reports_2027h1_goes')";
        assert_eq!(count(&db, left).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_were_parted_one_who_was_purged_leaves_nothing_to_the_other_one() {
    on_both(|db: Db| async move {
        if db.is_embedded() {
            return;
        }
        one_case(&db).await;
        make_all(&db, now()).await.unwrap();
        cases_and_reports(&db).await;
        are_merged(&db, "(10, 14, 13, 51, TRUE), (11, 20, 18, 54, TRUE)").await;
        // The aunt, whose report lies under 14; and the stranger, under whom the guest's lies.
        is_purged(&db, 0x13).await;
        is_purged(&db, 0x20).await;
        put_back(&db, "status_reports_2027h1").await.unwrap();
        assert_eq!(
            stand(&db).await,
            "12 child, 18 guest, 11 mother, 15 nephew, 16 one, 17 other"
        );
        let noted = "SELECT count(*) FROM parted_reports";
        assert_eq!(count(&db, noted).await, 2);
        for case in [0x14, 0x18] {
            is_purged(&db, case).await;
        }
        assert_eq!(count(&db, noted).await, 0);
        assert_eq!(count(&db, "SELECT count(*) FROM merges").await, 0);
    })
    .await;
}
