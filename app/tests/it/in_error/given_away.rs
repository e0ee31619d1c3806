//! What was taken back, or counts again, after the person was given to another center: an alert that is open again by that
//! waits there.

use super::{
    DONE, alerts, because, call, enters, following, hours, puts_back, takes_back, worklist,
};
use crate::merges::{again, merges};
use crate::reports::{family, form, sends};
use crate::story;
use crate::transfers::{moves, shibuya};
use app::StaffDesk;
use app::merge::Merge;
use app::staff::NewStaff;
use app::status_report::Submit;
use domain::ids::{AlertId, ReportId};

/// The only alert waits at the center that follows the person, taken by nobody, and nothing stands at the one before.
async fn waits_at(new: &StaffDesk, old: &StaffDesk, id: AlertId) {
    assert!(alerts(old).await.is_empty());
    let counts = worklist(new).await.alert_counts;
    assert_eq!((counts.waiting, counts.taken), (1, 0));
    let alert = alerts(new).await.remove(0);
    assert_eq!(alert.id, id);
    assert_eq!((alert.taken_by, alert.taken_before_by), (None, None));
}

story!(
    an_alert_that_a_call_ended_before_the_person_went_waits_where_they_are_followed_now,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.5", "88").await;
        let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let alert = alerts(&old).await.remove(0);
        town.minutes(10);
        let word = call("reached", "Fine");
        let done = old.finish_alert(alert.id, alert.version, &word).await;
        done.unwrap();
        let line = following(&old, case).await.contacts[0].id;
        town.minutes(10);
        moves(&old, &new, case, NewStaff::place_of(to)).await;
        // The old center rings: that call was to somebody else.
        let why = because("other_person");
        let done = new.take_contact_back(case, line, &why).await;
        assert_eq!(done.unwrap(), DONE);
        waits_at(&new, &old, alert.id).await;
        assert_eq!(alerts(&new).await[0].raised_at, alert.raised_at);
        // Those are told who can open it.
        town.new_mails().await;
        town.minutes(5);
        let system = town.app.system_desk();
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        let mails = town.new_mails().await;
        let to = |address: &str| mails.iter().any(|mail| mail.contains(address));
        assert!(to("shibuya@center.example") && !to("nurse@center.example"));
        // And what follows counts it up there.
        sends(&desk, case, "36.5", "87").await;
        assert_eq!(alerts(&new).await[0].times, 2);
    }
);

story!(
    an_alert_that_an_older_release_opens_again_at_the_center_before_is_told_where_they_are_followed_now,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.5", "88").await;
        let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let alert = alerts(&old).await.remove(0);
        moves(&old, &new, case, NewStaff::place_of(to)).await;
        // As a node of release 0.2 leaves it that runs beside.
        let (before, had_it) = (old.health_center().await.unwrap().id, old.id());
        let db = town.database().await;
        db.write(move |tx| {
            tx.execute(
                "UPDATE alerts SET health_center_id = $2, taken_before_by = $3, steps = 1 WHERE case_id = $1",
                &[&case.uuid(), &before.uuid(), &had_it.uuid()],
            )
        })
        .await
        .unwrap();
        assert!(alerts(&new).await.is_empty());
        town.new_mails().await;
        town.minutes(60);
        let system = town.app.system_desk();
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
        waits_at(&new, &old, alert.id).await;
        let mails = town.new_mails().await;
        let to = |address: &str| mails.iter().any(|mail| mail.contains(address));
        assert!(to("shibuya@center.example") && !to("nurse@center.example"));
    }
);

story!(
    a_report_that_counts_again_where_the_person_went_is_nobodys_of_those_who_had_its_alert,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let id = sends(&desk, case, "36.5", "88").await;
        let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let alert = alerts(&old).await.remove(0);
        old.take_alert(alert.id).await.unwrap();
        town.minutes(5);
        assert_eq!(takes_back(&old, case, id, "other_person").await, DONE);
        assert!(alerts(&old).await.is_empty());
        moves(&old, &new, case, NewStaff::place_of(to)).await;
        town.minutes(5);
        assert_eq!(puts_back(&new, case, id).await, DONE);
        waits_at(&new, &old, alert.id).await;
    }
);

story!(
    a_silence_that_goes_on_after_all_is_told_where_the_person_is_followed_now,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.2", "95").await;
        assert_eq!(hours(&town, 49).await, 1);
        let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let alert = alerts(&old).await.remove(0);
        let id = enters(&old, &desk, case, ("36.5", "98")).await;
        assert!(alerts(&old).await.is_empty());
        moves(&old, &new, case, NewStaff::place_of(to)).await;
        town.minutes(5);
        assert_eq!(takes_back(&new, case, id, "other_person").await, DONE);
        waits_at(&new, &old, alert.id).await;
    }
);

story!(
    two_who_are_two_again_after_they_went_have_their_alerts_where_they_are_followed_now,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let (_, raw) = form(&desk, kept, "38.5", "91").await;
        let key = ReportId::from_uuid(old.new_form_key());
        let sent = old.report_for(merged, key, "phone", &raw).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
        let of_merged = alerts(&old).await.remove(0);
        old.take_alert(of_merged.id).await.unwrap();
        town.minutes(5);
        sends(&desk, kept, "38.5", "90").await;
        merges(&old, kept, merged).await;
        moves(&old, &new, kept, NewStaff::place_of(to)).await;
        town.minutes(5);
        let undone = new.unmerge_case(merged, "They are two sisters").await;
        assert_eq!(undone.unwrap(), Merge::Done(merged));
        assert!(alerts(&old).await.is_empty());
        let both = alerts(&new).await;
        assert_eq!(both.len(), 2);
        for alert in both {
            assert_eq!((alert.taken_by, alert.taken_before_by), (None, None));
        }
    }
);

story!(
    alerts_that_stand_where_the_person_is_followed_no_more_are_put_right_once,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.5", "88").await;
        let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let alert = alerts(&old).await.remove(0);
        moves(&old, &new, case, NewStaff::place_of(to)).await;
        // As the release before left it: at the old center, and one of theirs has it.
        let (from, by) = (old.health_center().await.unwrap().id, old.id());
        let database = town.database().await;
        database
            .write(move |tx| {
                tx.execute(
                    "UPDATE alerts SET health_center_id = $1, taken_by = $2, taken_at = raised_at",
                    &[&from.uuid(), &by.uuid()],
                )
            })
            .await
            .unwrap();
        assert_eq!(alerts(&old).await.len(), 1);
        let mut all = storage::migrations::all().iter();
        let (_, _, text) = all.find(|(number, ..)| *number == 76).unwrap();
        let mut parts = text.split(';');
        let puts_right = parts.find(|part| part.contains("UPDATE alerts")).unwrap();
        let done = database.write(move |tx| tx.execute(puts_right, &[])).await;
        assert_eq!(done.unwrap(), 1);
        waits_at(&new, &old, alert.id).await;
        let system = town.app.system_desk();
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);
    }
);
