//! Calls and notes that were none.

use super::{
    DONE, alerts, because, call, enters_as, following, hours, in_list, is_silent, puts_back,
    takes_back, worklist,
};
use crate::merges::again;
use crate::reports::{family, sends};
use crate::story;
use app::StaffDesk;
use app::in_error::{Left, TakeBack};
use app::worklist::List;

story!(
    a_call_that_was_none_hides_from_nobody_that_nobody_called,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.5", "98").await;
        let nurse = town.nurse().await;
        let (tried, spoke) = (call("no_answer", ""), call("reached", "Fine"));
        nurse.add_contact(case, &tried).await.unwrap();
        let due = following(&nurse, case).await.monitoring.next_call_at;
        assert!(due.is_some());
        hours(&town, 40).await;
        assert!(is_silent(&nurse, case).await);
        nurse.add_contact(case, &spoke).await.unwrap();
        hours(&town, 1).await;
        let stands = following(&nurse, case).await;
        assert_eq!(stands.monitoring.next_call_at, None);
        assert!(!is_silent(&nurse, case).await);
        let line = stands.contacts[0].id;
        let why = because("other_person");
        let done = nurse.take_contact_back(case, line, &why);
        assert_eq!(done.await.unwrap(), DONE);
        let stands = following(&nurse, case).await;
        assert_eq!(stands.monitoring.next_call_at, due);
        assert!(is_silent(&nurse, case).await);
        let (mark, name) = stands.contacts[0].in_error.clone().unwrap();
        assert_eq!(mark.why.word(), "other_person");
        assert!(!name.is_empty());
        assert_eq!(stands.contacts[0].note.expose(), "Fine");
        assert_eq!(stands.corrections[0].subject, "contact");
        let item = worklist(&nurse).await.lists;
        let item = item.iter().flat_map(|of| &of.items);
        let item = item.into_iter().find(|item| item.case == case).unwrap();
        assert_eq!(item.unanswered, 1);
        assert_eq!(
            item.called.map(|(_, outcome)| outcome.word()),
            Some("no_answer")
        );
        // Whoever saw it before it was taken back is told; then it counts again.
        let early = nurse.put_contact_back(case, line, None).await;
        assert_eq!(early.unwrap(), TakeBack::ChangedMeanwhile);
        let done = nurse.put_contact_back(case, line, Some(mark.at)).await;
        assert_eq!(done.unwrap(), DONE);
        hours(&town, 1).await;
        let stands = following(&nurse, case).await;
        assert_eq!(stands.monitoring.next_call_at, None);
        assert!(stands.contacts[0].in_error.is_none());
        assert!(!is_silent(&nurse, case).await);
    }
);

story!(
    an_alert_that_a_call_to_somebody_else_ended_waits_again,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.5", "88").await;
        let nurse = town.nurse().await;
        let alert = alerts(&nurse).await.remove(0);
        town.minutes(10);
        let word = call("reached", "Fine");
        let done = nurse.finish_alert(alert.id, alert.version, &word).await;
        done.unwrap();
        assert!(alerts(&nurse).await.is_empty());
        let line = following(&nurse, case).await.contacts[0].id;
        town.minutes(10);
        let why = because("other_person");
        let done = nurse.take_contact_back(case, line, &why).await;
        assert_eq!(done.unwrap(), DONE);
        let again = alerts(&nurse).await.remove(0);
        assert_eq!((again.id, again.taken_by), (alert.id, None));
        assert_eq!(again.raised_at, alert.raised_at);
        let puts = async |nurse: &StaffDesk| {
            let stands = following(nurse, case).await;
            let mark = stands.contacts.iter().find(|one| one.id == line).unwrap();
            let seen = mark.in_error.as_ref().map(|(mark, _)| mark.at);
            nurse.put_contact_back(case, line, seen).await.unwrap()
        };
        assert_eq!(puts(&nurse).await, DONE);
        assert!(alerts(&nurse).await.is_empty());
        // Once a colleague looks after it, it is theirs to end.
        town.minutes(10);
        nurse.take_contact_back(case, line, &why).await.unwrap();
        nurse.take_alert(alert.id).await.unwrap();
        let left = TakeBack::Done(Left {
            next_call: false,
            alert: true,
        });
        assert_eq!(puts(&nurse).await, left);
        assert_eq!(alerts(&nurse).await.len(), 1);
        // A further alert is open: the one that the call ended does not come back beside it, and that is said.
        let alert = alerts(&nurse).await.remove(0);
        let done = nurse.finish_alert(alert.id, alert.version, &word).await;
        done.unwrap();
        let line = following(&nurse, case).await.contacts[0].id;
        town.minutes(10);
        sends(&desk, case, "36.5", "87").await;
        assert_eq!(
            nurse.take_contact_back(case, line, &why).await.unwrap(),
            left
        );
        assert_eq!(alerts(&nurse).await.len(), 1);
    }
);

story!(
    of_a_call_from_before_it_was_kept_somebody_has_to_look_at_the_next_one,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let spoke = call("reached", "Fine");
        nurse.add_contact(case, &spoke).await.unwrap();
        let db = town.database().await;
        db.write(move |tx| {
            let forget = "UPDATE contacts_made SET sets_next = NULL, heard_before = NULL";
            tx.execute(forget, &[])
        })
        .await
        .unwrap();
        town.minutes(30);
        let line = following(&nurse, case).await.contacts[0].id;
        let why = because("other_person");
        let done = nurse.take_contact_back(case, line, &why).await.unwrap();
        let left = Left {
            next_call: true,
            alert: false,
        };
        assert_eq!(done, TakeBack::Done(left));
        // Nobody is left without a call.
        let due = following(&nurse, case).await.monitoring.next_call_at;
        assert_eq!(due, Some(town.clock.now()));
        assert_eq!(in_list(&nurse, List::Calls).await, [case]);
    }
);

story!(
    who_was_reached_by_a_call_was_heard_of_also_when_no_report_counts,
    town,
    {
        let (desk, own) = family(&mut town, "a@example.org").await;
        // She has no account of her own: the center writes down what she says.
        let (case, _) = again(&town).await;
        let nurse = town.nurse().await;
        let registered = following(&nurse, case).await.monitoring.heard_on;
        let id = enters_as(&nurse, (&desk, own), case).await;
        town.days(2);
        let nurse = town.nurse().await;
        assert!(in_list(&nurse, List::Silent).await.contains(&case));
        nurse
            .add_contact(case, &call("reached", "Fine"))
            .await
            .unwrap();
        assert_eq!(takes_back(&nurse, case, id, "other_person").await, DONE);
        let heard_on = following(&nurse, case).await.monitoring.heard_on;
        assert_eq!(
            heard_on,
            registered.checked_add(jiff::Span::new().days(2)).unwrap()
        );
        assert!(!in_list(&nurse, List::Silent).await.contains(&case));
        // A call that reached nobody says nothing; nor does one that was none.
        town.days(2);
        let nurse = town.nurse().await;
        nurse
            .add_contact(case, &call("no_answer", ""))
            .await
            .unwrap();
        assert_eq!(puts_back(&nurse, case, id).await, DONE);
        assert_eq!(takes_back(&nurse, case, id, "other_person").await, DONE);
        assert_eq!(following(&nurse, case).await.monitoring.heard_on, heard_on);
        assert!(in_list(&nurse, List::Silent).await.contains(&case));
    }
);
