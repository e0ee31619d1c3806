//! A file of cases is imported: all or nothing, and nobody twice.

use super::HEADER;
use crate::machine::{Machine, complained, said};
use std::fs;

#[test]
fn an_import_is_all_or_nothing_and_its_answer_is_a_file() {
    let machine = Machine::new();
    let good = "見本 花子,ミホン ハナコ,Mihon Hanako,1988-05-04,09012345678,ja,2026-11-01,,,,\n\
                ,,Sample Traveller,1990-12-24,09012345679,en,2026-11-01,2026-10-30,2026-10-20,,\n";
    fs::write(machine.path("good.csv"), format!("{HEADER}\n{good}")).unwrap();
    fs::write(
        machine.path("bad.csv"),
        format!("{HEADER}\n{good},,Nobody,yesterday,12,xx,,,,,abc\n"),
    )
    .unwrap();
    let bad = machine.runs(&["import", "bad.csv"]);
    assert_eq!(bad.status.code(), Some(1));
    assert_eq!(said(&bad), "");
    let complaint = complained(&bad);
    assert!(complaint.contains("line 4, birthdate: "), "{complaint}");
    assert!(complaint.contains("line 4, language: "), "{complaint}");
    assert!(complaint.contains("line 4, hersys_id: "), "{complaint}");
    assert!(complaint.contains("Nothing was imported"), "{complaint}");
    assert!(
        !complaint.contains("yesterday"),
        "values stay where they are: {complaint}"
    );
    let fine = machine.runs(&["import", "good.csv", "--center", "Public Health Center"]);
    assert!(fine.status.success(), "{}", complained(&fine));
    let answer = said(&fine);
    let lines: Vec<&str> = answer.lines().collect();
    assert_eq!(lines.len(), 3, "{answer}");
    assert_eq!(lines[0], HEADER);
    assert!(lines[1].starts_with("見本 花子,"), "{answer}");
    for line in &lines[1..] {
        let id = line.rsplit(',').next().unwrap();
        assert!(
            id.len() == 7 && id.bytes().all(|b| b.is_ascii_digit()),
            "{line}"
        );
    }
    // What was printed can be imported elsewhere, from standard input as well.
    let other = Machine::new();
    let again = other.runs_with(&["import", "-"], &[], &answer);
    assert_eq!(said(&again), answer);
    // The same file again registers nobody, and its answer is the same.
    let twice = other.runs_with(&["import", "-"], &[], &answer);
    assert!(twice.status.success(), "{}", complained(&twice));
    assert_eq!(said(&twice), answer);
    let complaint = complained(&twice);
    assert!(complaint.contains("Nothing was imported."), "{complaint}");
    assert!(
        complaint.contains("2 rows were registered by this very file before"),
        "{complaint}"
    );
    // In another file they stand under the very IDs that the rows give.
    let twice = other.runs_with(&["import", "-"], &[], &format!("{answer}\n"));
    assert!(!twice.status.success());
    let complaint = complained(&twice);
    let id = lines[1].rsplit(',').next().unwrap();
    let told = format!("line 2: is registered already, as HER-SYS ID {id}; left out");
    assert!(complaint.contains(&told), "{complaint}");
    assert!(!complaint.contains("--meant"), "{complaint}");
    assert!(complaint.contains("Nothing was imported"), "{complaint}");
}

#[test]
fn a_file_that_is_imported_twice_registers_nobody_twice() {
    let machine = Machine::new();
    let row = |name: &str, born: &str| format!("{name},,,{born},09012345678,ja,2026-11-01,,,,\n");
    let list = |rows: &[String]| {
        fs::write(
            machine.path("list.csv"),
            format!("{HEADER}\n{}", rows.concat()),
        )
        .unwrap();
    };
    let mut rows = vec![
        row("見本 花子", "1988-05-04"),
        row("見本 太郎", "1986-01-02"),
    ];
    list(&rows);
    let import = |more: &[&str]| machine.runs(&[&["import", "list.csv"], more].concat());
    // Looking writes nothing.
    let looked = import(&["--dry-run"]);
    assert!(looked.status.success(), "{}", complained(&looked));
    assert_eq!(said(&looked), "");
    assert!(complained(&looked).contains("2 cases would be imported"));
    let imported = import(&[]);
    assert!(imported.status.success(), "{}", complained(&imported));
    assert_eq!(said(&imported).lines().count(), 3);

    // Again, with a twin and somebody new below.
    rows.push(row("見本 双葉", "1988-05-04"));
    rows.push(row("見本 若葉", "2010-10-10"));
    list(&rows);
    let looked = import(&["--dry-run"]);
    let told = complained(&looked);
    assert!(!looked.status.success(), "{told}");
    assert!(told.contains("One case would be imported"), "{told}");
    assert!(told.contains("line 2: may be the same person as HER-SYS ID "));
    assert!(told.contains("3 rows would be left out"), "{told}");
    let again = import(&[]);
    let told = complained(&again);
    assert!(!again.status.success(), "{told}");
    assert!(told.contains("One case was imported"), "{told}");
    assert!(told.contains("3 rows were left out"), "{told}");
    assert!(told.contains("--meant 2"), "{told}");
    let answer = said(&again);
    assert_eq!(answer.lines().count(), 2, "{answer}");
    assert!(answer.contains("見本 若葉"), "{answer}");
    // The twin is meant, and the others are not.
    let twin = import(&["--meant", "4"]);
    let told = complained(&twin);
    assert!(!twin.status.success(), "{told}");
    assert!(said(&twin).contains("見本 双葉"), "{told}");
    // Whom this very file has registered is printed with her.
    assert!(said(&twin).contains(answer.lines().last().unwrap()));
    assert_eq!(said(&twin).lines().count(), 3);
    let nobody = import(&[]);
    assert!(complained(&nobody).contains("Nothing was imported."));
    assert_eq!(said(&nobody).lines().count(), 3);
    assert_eq!(nobody.status.code(), Some(1));
    // Looking finds bad rows, too, and a number of a line must be one.
    rows.push(row("見本 誤記", "yesterday"));
    list(&rows);
    let looked = import(&["--dry-run"]);
    let told = complained(&looked);
    assert!(told.contains("line 6, birthdate: "), "{told}");
    assert!(told.contains("Nothing would be imported: there is one problem."));
    let wrong = import(&["--meant", "the twin"]);
    assert!(complained(&wrong).contains("write the numbers of the lines, such as 3,7, or all"));
    rows.pop();
    list(&rows);
    let all = import(&["--meant", "all"]);
    assert!(all.status.success(), "{}", complained(&all));
    assert!(complained(&all).contains("two records of one illness can be made one"));
    assert_eq!(said(&all).lines().count(), 5);
    // Run again, whoever is meant stands.
    let again = import(&["--meant", "all"]);
    assert!(again.status.success(), "{}", complained(&again));
    assert_eq!(sorted(&said(&again)), sorted(&said(&all)));
}

fn sorted(answer: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = answer.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn an_import_that_is_killed_is_whole_when_it_is_run_again() {
    let machine = Machine::new();
    let rows: String = (0..1_500)
        .map(|n| format!("見本 人{n},,,1990-01-02,0901{n:07},ja,2026-11-01,,,,\n"))
        .collect();
    // Twins among them, who are meant.
    fs::write(machine.path("list.csv"), format!("{HEADER}\n{rows}{rows}")).unwrap();
    let mut first = machine
        .command(&["import", "list.csv", "--meant", "all"], &[])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // A few hundred rows, and no word of farewell.
    let mut out = std::io::BufReader::new(first.stdout.take().unwrap());
    for _ in 0..300 {
        std::io::BufRead::read_line(&mut out, &mut String::new()).unwrap();
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let second = machine.runs(&["import", "list.csv", "--meant", "all"]);
    let told = complained(&second);
    assert!(second.status.success(), "{told}");
    assert!(
        told.contains("were registered by this very file before"),
        "{told}"
    );
    let answer = said(&second);
    assert_eq!(answer.lines().count(), 3_001);
    let third = machine.runs(&["import", "list.csv", "--meant", "all"]);
    assert!(third.status.success(), "{}", complained(&third));
    assert_eq!(
        sorted(&said(&third)),
        sorted(&answer),
        "nobody is registered twice"
    );
    let ids: std::collections::BTreeSet<&str> = answer
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap())
        .collect();
    assert_eq!(ids.len(), 3_000);
}
