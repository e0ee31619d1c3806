//! What is told of somebody whom another center follows now.

use super::{write_head, write_row};
use crate::browser::{Browser, House, Page, reports};
use crate::people::{Someone, add};
use domain::staff_role::{JurisdictionKind, StaffRole};

/// A patient whom an institution notified goes to another center: who learns of it, by the number or by an old address. What
/// the center that gave them away is told, so that it can tell whoever rings, an institution below it is not.
pub async fn given_away(
    house: &House,
    table: &mut String,
    (people, browsers): (&[Someone], &mut [Browser]),
    case: &str,
) {
    let at = |column: &str| people.iter().position(|one| one.column == column).unwrap();
    let center = &people[at("administrator")];
    let places = house.app().system_desk().places().await.unwrap();
    let below = places
        .iter()
        .find(|place| place.id == center.place)
        .unwrap();
    let third = add(
        house,
        below,
        JurisdictionKind::MedicalInstitution,
        "Third Clinic",
    )
    .await;
    let role = StaffRole::MedicalInstitution;
    let mut third = house.hires("third@s.example", role, third.id).await;
    let mut old = house.nurse().await;
    let page = old.gets(&format!("/cases/{case}")).await;
    let (_, rest) = page.html.split_once("class=\"id\">").unwrap();
    let id = rest.split('<').next().unwrap().to_owned();
    let (offer, _) = offers(&mut old, case, "よその見本保健所").await;
    let new = &mut browsers[at("nurse of another center")];
    let path = format!("/transfers/{offer}");
    let taken = new.posts(&path, &[("answer", "accept")]).await;
    assert_eq!(taken.status, 303, "{}", taken.html);
    let columns = [
        "nurse of the center that gave them away",
        "institution that notified them",
        "another institution below that center",
        "another medical institution",
        "nurse of the center that follows them",
    ];
    write_head(table, "a patient who was given to another center", &columns);
    let told =
        |page: &Page, found: bool| match (found, page.html.contains("answers for this person")) {
            (true, _) => "the person",
            (false, true) => "who follows them",
            (false, false) => "nobody",
        };
    let (mut opened, mut searched) = (Vec::new(), Vec::new());
    let own = browsers[at("medical institution")].clone();
    let elsewhere = browsers[at("another medical institution")].clone();
    let new = browsers[at("nurse of another center")].clone();
    for mut one in [old.clone(), own, third.clone(), elsewhere, new] {
        let page = one.gets(&format!("/cases/{case}")).await;
        opened.push(format!(
            "{}, {}",
            page.status,
            told(&page, page.status == 200)
        ));
        let page = one.posts("/search", &[("search", &id)]).await;
        let found = page.html.contains(&format!("/cases/{case}"));
        searched.push(told(&page, found));
        if !found && told(&page, found) == "nobody" {
            page.says("No case was found for this HER-SYS ID");
        }
    }
    let nobody = "01900000-0000-7000-8000-000000000000";
    let missing = third.gets(&format!("/cases/{nobody}")).await;
    let shown = third.gets(&format!("/cases/{case}")).await;
    let shown = shown.html.replace(case, nobody);
    assert_eq!(missing.html, shown, "as if there were no such case");
    let mut row = vec!["`/cases/{case}`", "GET", "Staff(SignedIn)"];
    row.extend(opened.iter().map(String::as_str));
    write_row(table, &row);
    let mut row = vec!["`/search` for the HER-SYS ID", "POST", "Staff(SeePersons)"];
    row.extend(searched);
    write_row(table, &row);
}

/// A case is offered to another center; tells the offer, and the name and the phone number that must stay with whoever
/// follows the person.
async fn offers(nurse: &mut Browser, case: &str, to: &str) -> (String, [String; 2]) {
    let between = |html: &str, before: &str, after: char| {
        let (_, rest) = html.split_once(before).unwrap();
        rest.split(after).next().unwrap().to_owned()
    };
    let person = nurse.gets(&format!("/cases/{case}")).await;
    let about = [
        between(&person.html, "<h1><bdi>", '<'),
        between(&person.html, "href=\"tel:", '"'),
    ];
    let path = format!("/cases/{case}/transfer");
    let form = nurse.gets(&path).await;
    let (before, _) = form.html.split_once(to).unwrap();
    let center = before.rsplit("<option value=\"").next().unwrap();
    let (key, center) = (form.hidden("key"), center.split('"').next().unwrap());
    let fields = [
        ("key", key.as_str()),
        ("center", center),
        ("transfer_note", "Her mother knows"),
    ];
    let offered = nurse.posts(&path, &fields).await;
    assert_eq!(offered.status, 303, "{}", offered.html);
    (key, about)
}

#[tokio::test]
async fn an_offer_that_was_answered_shows_the_person_to_whoever_follows_alone() {
    let house = House::new().await;
    let (mut old, mut new) = (house.nurse().await, house.nurse_of_another_center().await);
    for (id, answer) in [
        ("4826153", "accepted"),
        ("2960487", "refused"),
        ("9047316", "withdrawn"),
    ] {
        let case = house.case_of(id).await;
        reports(&mut old, &case).await;
        let (offer, about) = offers(&mut old, &case, "よその見本保健所").await;
        let page = format!("/transfers/{offer}");
        let open = new.gets(&page).await;
        about.iter().for_each(|told| open.says(told));
        let done = match answer {
            "accepted" => new.posts(&page, &[("answer", "accept")]).await,
            "refused" => {
                let words = [
                    ("answer", "refuse"),
                    ("answer_words", "Her street is yours"),
                ];
                new.posts(&page, &words).await
            }
            _ => old.posts(&format!("{page}/withdraw"), &[]).await,
        };
        assert_eq!(done.status, 303, "{}", done.html);
        let (follower, other) = match answer {
            "accepted" => (&mut new, &mut old),
            _ => (&mut old, &mut new),
        };
        let shown = follower.gets(&page).await;
        about.iter().for_each(|told| shown.says(told));
        assert_eq!(follower.gets(&format!("/cases/{case}")).await.status, 200);
        let gone = other.gets(&format!("/cases/{case}")).await;
        assert_eq!(gone.status, 404);
        if answer == "accepted" {
            // A bookmark: where the person is followed now, and nothing about who it is.
            gone.says("answers for this person now");
            about.iter().for_each(|told| gone.says_not(told));
        }
        let shown = other.gets(&page).await;
        assert_eq!(shown.status, 200, "{answer}");
        about.iter().for_each(|told| shown.says_not(told));
        for told in [
            "SpO2 88",
            "38.5 °C",
            "Her mother knows",
            "Her street",
            case.as_str(),
        ] {
            shown.says_not(told);
        }
        shown.says("answers for this person");
        let list = other.gets("/transfers").await;
        about.iter().for_each(|told| list.says_not(told));
        let again = other.posts(&page, &[("answer", "refuse"), ("answer_words", "Not ours")]);
        let again = again.await;
        about.iter().for_each(|told| again.says_not(told));
        if answer == "withdrawn" {
            // The reason that was typed meanwhile is not lost with the offer.
            again.says("has taken this offer back meanwhile");
            again.says("Not ours");
        }
    }
}
