//! People of a filled database, made from their number: the same in every run. Ids begin with the moment of registering,
//! as those that the product gives, so that who was registered together lies together whatever their center.

use super::Size;
use anyhow::{Result, anyhow};
use app::keys::{Keys, Token};
use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use domain::email_address::EmailAddress;
use domain::health_day::health_day;
use domain::ids::{
    AccountId, AlertId, CaseId, HealthCenterId, PersonId, QuestionnaireId, ReportId, SessionId,
};
use domain::name::NameKeys;
use domain::questionnaire::QuestionId;
use domain::status_report::Answer;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::ops::Range;
use storage::account::AccountRow;
use storage::alerts::AlertRow;
use storage::audit::{AuditEntry, AuditRow, HeadRow, chain_of};
use storage::bulk::{Account, Batch, Followed};
use storage::case_registration::{NameRow, NewCase, NewPerson};
use storage::monitoring::Latest;
use storage::status_report::{ReportRow, Said};
use uuid::Uuid;

/// Everybody's password.
pub const PASSWORD: &str = "Tulip-Meadow-42";
/// Over so many days people were registered.
const DAYS: u32 = 14;
/// One in so many has no account; they can still sign up.
const WITHOUT_ACCOUNT: u32 = 16;
/// How many different days of birth there are: 90 years.
const BIRTHDAYS: u64 = 32_850;

const FAMILY: [(&str, &str); 40] = [
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("加藤", "カトウ"),
    ("吉田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("佐々木", "ササキ"),
    ("山口", "ヤマグチ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("木村", "キムラ"),
    ("林", "ハヤシ"),
    ("斎藤", "サイトウ"),
    ("清水", "シミズ"),
    ("山崎", "ヤマザキ"),
    ("森", "モリ"),
    ("池田", "イケダ"),
    ("橋本", "ハシモト"),
    ("阿部", "アベ"),
    ("石川", "イシカワ"),
    ("山下", "ヤマシタ"),
    ("中島", "ナカジマ"),
    ("石井", "イシイ"),
    ("小川", "オガワ"),
    ("前田", "マエダ"),
    ("岡田", "オカダ"),
    ("長谷川", "ハセガワ"),
    ("藤田", "フジタ"),
    ("後藤", "ゴトウ"),
    ("近藤", "コンドウ"),
    ("村上", "ムラカミ"),
    ("遠藤", "エンドウ"),
    ("青木", "アオキ"),
    ("坂本", "サカモト"),
];
const GIVEN: [(&str, &str); 40] = [
    ("花子", "ハナコ"),
    ("太郎", "タロウ"),
    ("陽菜", "ヒナ"),
    ("蓮", "レン"),
    ("結衣", "ユイ"),
    ("大翔", "ヒロト"),
    ("葵", "アオイ"),
    ("悠真", "ユウマ"),
    ("凛", "リン"),
    ("湊", "ミナト"),
    ("美咲", "ミサキ"),
    ("健太", "ケンタ"),
    ("さくら", "サクラ"),
    ("翔太", "ショウタ"),
    ("愛", "アイ"),
    ("大輔", "ダイスケ"),
    ("恵子", "ケイコ"),
    ("誠", "マコト"),
    ("由美子", "ユミコ"),
    ("隆", "タカシ"),
    ("京子", "キョウコ"),
    ("茂", "シゲル"),
    ("和子", "カズコ"),
    ("清", "キヨシ"),
    ("幸子", "サチコ"),
    ("勇", "イサム"),
    ("節子", "セツコ"),
    ("実", "ミノル"),
    ("洋子", "ヨウコ"),
    ("進", "ススム"),
    ("明美", "アケミ"),
    ("浩", "ヒロシ"),
    ("真由美", "マユミ"),
    ("学", "マナブ"),
    ("直美", "ナオミ"),
    ("剛", "ツヨシ"),
    ("智子", "トモコ"),
    ("亮", "リョウ"),
    ("彩", "アヤ"),
    ("仁", "ヒトシ"),
];

/// The questions of the shipped questionnaire, in their order.
static QUESTIONS: std::sync::LazyLock<Vec<QuestionId>> = std::sync::LazyLock::new(|| {
    let shipped = domain::questionnaire::shipped();
    let questions = shipped.into_iter().next_back().map(|last| last.questions);
    let questions = questions.unwrap_or_default().into_iter();
    questions.map(|q| q.id).collect()
});

/// The same in the order of their names.
static BY_NAME: std::sync::LazyLock<Vec<QuestionId>> = std::sync::LazyLock::new(|| {
    let mut questions = QUESTIONS.clone();
    questions.sort();
    questions
});

/// Spread like random ones, and the same in every run.
fn mixed(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// An id that begins with a moment; different for each kind and number.
fn id(at: Timestamp, kind: u64, number: u64) -> Uuid {
    let mut random = [0u8; 10];
    random[..2].copy_from_slice(&u16::try_from(kind).unwrap_or(0).to_be_bytes());
    random[2..].copy_from_slice(&mixed(number).to_be_bytes());
    let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
}

/// When somebody was registered: the lower the number, the longer ago.
fn registered_at(now: Timestamp, size: Size, number: u32) -> Timestamp {
    let whole = u64::from(DAYS) * 86_400_000;
    let ago = whole - whole * u64::from(number) / u64::from(size.people.max(1));
    now - SignedDuration::from_millis(i64::try_from(ago).unwrap_or(0))
}

/// The case of somebody in a database that was filled at a moment.
pub fn case_id(now: Timestamp, size: Size, number: u32) -> CaseId {
    CaseId::from_uuid(id(registered_at(now, size, number), 1, u64::from(number)))
}

/// Whether somebody has an account.
pub fn has_account(number: u32) -> bool {
    !number.is_multiple_of(WITHOUT_ACCOUNT)
}

/// The token of somebody's browser, and so what stands in the cookie.
pub fn token_of(number: u32) -> Token {
    let text = format!("bench-token-of-somebody-{number:010}-aaaaaaaa");
    Token::parse(&text).unwrap_or_else(Token::generate)
}

/// What somebody types to sign up.
pub struct Known {
    /// The name in kanji.
    pub name: String,
    /// The day of birth.
    pub birthdate: Date,
    /// The phone number in Japan's own form.
    pub phone: String,
    /// The number on the brochure.
    pub hersys_id: String,
}

fn names(number: u32) -> [String; 2] {
    let at = mixed(u64::from(number) ^ 0x6e61_6d65);
    let family = FAMILY[(at % 40) as usize];
    let given = GIVEN[(at / 40 % 40) as usize];
    [
        format!("{} {}", family.0, given.0),
        format!("{} {}", family.1, given.1),
    ]
}

/// The center's day of a moment.
pub fn today(at: Timestamp) -> Date {
    health_day(at, &TimeZone::get("Asia/Tokyo").unwrap_or(TimeZone::UTC))
}

/// The address of somebody's account.
pub fn email_text(number: u32) -> String {
    format!("p{number}@people.example")
}

/// Who somebody is, by number.
pub fn known(today: Date, number: u32) -> Known {
    let old = mixed(u64::from(number) ^ 0x626f_726e) % BIRTHDAYS;
    let [name, _] = names(number);
    Known {
        name,
        birthdate: today.saturating_sub(i64::try_from(old + 30).unwrap_or(30).days()),
        phone: format!("090{}", 10_000_000 + number),
        hersys_id: format!("{:08}", 10_000_000 + number),
    }
}

fn argon2() -> Result<Argon2<'static>> {
    // The product's parameters: 19 MiB, two passes, one lane.
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| anyhow!("{e}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// One hash of everybody's password: what hashing costs at least.
pub fn password_hash() -> Result<String> {
    let hash = argon2()?.hash_password(PASSWORD.as_bytes());
    Ok(hash.map_err(|e| anyhow!("{e}"))?.to_string())
}

/// The chains of the audit log while they are written.
pub struct Chains {
    heads: Vec<HeadRow>,
    is_embedded: bool,
}

impl Chains {
    /// Goes on where the chains end.
    pub fn new(heads: Vec<HeadRow>, is_embedded: bool) -> Chains {
        Chains { heads, is_embedded }
    }

    fn add(&mut self, keys: &Keys, lines: &mut Vec<AuditRow>, entry: AuditEntry) {
        let chain = chain_of(&entry, self.is_embedded);
        let Some(head) = self.heads.iter_mut().find(|head| head.chain == chain) else {
            return;
        };
        head.seq += 1;
        let mac = keys.audit_mac(&head.last_mac, chain, head.seq, &entry);
        head.last_mac.clone_from(&mac);
        lines.push(AuditRow {
            chain,
            seq: head.seq,
            entry,
            mac,
        });
    }

    fn ends(&mut self, keys: &Keys) -> Vec<HeadRow> {
        for head in &mut self.heads {
            head.mac = keys.audit_head_mac(head.chain, head.seq, &head.last_mac);
        }
        self.heads.clone()
    }
}

/// All that people are made with.
pub struct Maker {
    pub(super) keys: Keys,
    pub(super) centers: Vec<HealthCenterId>,
    pub(super) questionnaire: QuestionnaireId,
    pub(super) password_hash: String,
    pub(super) now: Timestamp,
    pub(super) size: Size,
}

impl Maker {
    /// People with these numbers, and all their reports.
    pub fn batch(&self, numbers: Range<u32>, chains: &mut Chains) -> Batch {
        let zone = TimeZone::get("Asia/Tokyo").unwrap_or(TimeZone::UTC);
        let mut batch = Batch::default();
        for number in numbers {
            self.person(number, &zone, chains, &mut batch);
        }
        batch.audit.sort_by_key(|line| (line.chain, line.seq));
        batch.heads = chains.ends(&self.keys);
        batch
    }

    fn account(&self, number: u32, registered: Timestamp) -> Account {
        let n = u64::from(number);
        let claimed_at = (registered + SignedDuration::from_mins(90)).min(self.now);
        let email = email_text(number);
        let key = EmailAddress::parse(&email).map_or(email.clone(), |email| email.lookup_key());
        Account {
            row: AccountRow {
                id: AccountId::from_uuid(id(claimed_at, 3, n)),
                email_sealed: self.keys.seal_text("email", &email),
                email_blind: self.keys.blind("email", &key),
                password_hash: self.password_hash.clone(),
                language: "ja".to_owned(),
            },
            session: SessionId::from_uuid(id(claimed_at, 4, n)),
            token_hash: token_of(number).hash(),
            claimed_at,
            // Yesterday, when they reported last.
            seen_at: self.now - SignedDuration::from_hours(24),
            expires_at: self.now + SignedDuration::from_hours(80 * 24),
        }
    }

    fn person(&self, number: u32, zone: &TimeZone, chains: &mut Chains, batch: &mut Batch) {
        let n = u64::from(number);
        let center = self.centers[number as usize % self.centers.len()];
        let today = health_day(self.now, zone);
        let registered = registered_at(self.now, self.size, number);
        let known = known(today, number);
        let e164 = format!("+8190{}", 10_000_000 + number);
        let spellings = names(number);
        let person = NewPerson {
            id: PersonId::from_uuid(id(registered, 0, n)),
            center,
            birthdate: known.birthdate,
            phone_sealed: self.keys.seal_text("phone", &e164),
            phone_blind: self.keys.blind("phone", &e164),
            email_sealed: None,
            language: "ja".to_owned(),
            names: ["kanji", "kana"]
                .into_iter()
                .zip(spellings)
                .map(|(script, name)| {
                    let keys = NameKeys::of(&name);
                    NameRow {
                        script: script.to_owned(),
                        name,
                        key_joined: keys.joined,
                        key_sorted: keys.sorted,
                    }
                })
                .collect(),
        };
        let registered_on = health_day(registered, zone);
        let onset = registered_on.saturating_sub(i64::from(number % 5).days());
        let case = NewCase {
            id: case_id(self.now, self.size, number),
            programme: app::programme::PROGRAMME.to_owned(),
            hersys_id: known.hersys_id,
            diagnosed_on: registered_on,
            onset_on: (!number.is_multiple_of(9)).then_some(onset),
            entered_japan_on: None,
            passport_sealed: None,
            registered_by: None,
            form_key: id(registered, 2, n),
            is_contact: number % 40 == 7,
        };
        let account = has_account(number).then(|| self.account(number, registered));
        let reports = self.reports(number, case.id, registered, account.as_ref(), zone);
        let latest = reports.last().map(|last| self.latest(number, last));
        let alarming = latest.as_ref().filter(|latest| latest.urgency >= 2);
        let alert = alarming.map(|latest| self.alert(n, case.id, center, latest));
        for entry in self.entries(&case, account.as_ref(), registered, &reports) {
            chains.add(&self.keys, &mut batch.audit, entry);
        }
        let count = i32::try_from(reports.len()).unwrap_or(0);
        batch.people.push(Followed {
            person,
            case,
            registered_at: registered,
            registered_on,
            account,
            latest: latest.map(|latest| (latest, count)),
            next_call_at: number
                .is_multiple_of(50)
                .then(|| self.now - SignedDuration::from_mins(i64::from(number % 600))),
            review_from: Some(registered_on.saturating_add(10.days())),
            alert,
        });
        batch.reports.extend(reports);
    }

    fn reports(
        &self,
        number: u32,
        case: CaseId,
        registered: Timestamp,
        account: Option<&Account>,
        zone: &TimeZone,
    ) -> Vec<ReportRow> {
        let each = self.size.each();
        // One in ten fell silent two days ago.
        let behind = if number.is_multiple_of(10) {
            48 * 3_600_000
        } else {
            0
        };
        let since = self.now.duration_since(registered).as_millis();
        let since = i64::try_from(since).unwrap_or(0).max(3_600_000);
        let step = (since / i64::from(each + 1)).min(12 * 3_600_000);
        let jitter = i64::try_from(mixed(u64::from(number)) % 3_600_000).unwrap_or(0);
        (0..each)
            .rev()
            .map(|back| {
                let ago = behind + i64::from(back) * step + jitter.min(step / 2) + 1_000;
                let at = self.now - SignedDuration::from_millis(ago);
                let seed = (u64::from(number) << 20) | u64::from(back);
                let chance = mixed(seed);
                let last = back == 0;
                let watched = last && number.is_multiple_of(20);
                let alarming = last && number % 500 == 3;
                let spo2 = match (alarming, watched) {
                    (true, _) => 92,
                    (_, true) => 95,
                    _ => 96 + i32::try_from(chance % 4).unwrap_or(0),
                };
                ReportRow {
                    case,
                    id: ReportId::from_uuid(id(at, 5, seed)),
                    questionnaire: self.questionnaire,
                    channel: if account.is_some() { "web" } else { "phone" }.to_owned(),
                    account: account.map(|a| a.row.id),
                    measured_at: at,
                    received_at: at,
                    health_day: health_day(at, zone),
                    temperature: Some(362 + i32::try_from(chance / 7 % 12).unwrap_or(0)),
                    spo2: Some(spo2),
                    answers: answers(chance),
                    note: String::new(),
                    level: if alarming { 2 } else { i32::from(watched) },
                    opened_at: None,
                    opened_by: None,
                    received_by: None,
                    opened_for: None,
                    opened_again_at: None,
                    wrong_at: None,
                    wrong_why: None,
                    upheld_at: None,
                    in_error: None,
                    came_before: None,
                    entered_by: None,
                    corrected_at: None,
                }
            })
            .collect()
    }

    fn latest(&self, number: u32, last: &ReportRow) -> Latest {
        Latest {
            report: last.id,
            measured_at: last.measured_at,
            received_at: last.received_at,
            heard_on: last.health_day,
            temperature: last.temperature,
            spo2: last.spo2,
            level: last.level,
            urgency: last.level,
            worsening: number.is_multiple_of(40),
            reasons: serde_json::json!([]),
            silence_look_at: Some(last.received_at + SignedDuration::from_hours(30)),
        }
    }

    fn alert(&self, n: u64, case: CaseId, center: HealthCenterId, latest: &Latest) -> AlertRow {
        AlertRow {
            id: AlertId::from_uuid(id(latest.received_at, 6, n)),
            center,
            case,
            report: Some(latest.report),
            level: latest.urgency,
            reasons: serde_json::json!([]),
            notified: None,
            times: 1,
            raised_at: latest.received_at,
            tells_since: None,
            last_at: latest.received_at,
            waiting_since: latest.received_at,
            taken_by: None,
            taken_at: None,
            taken_before_by: None,
            done_at: None,
            steps: 0,
            // Passed on tomorrow: nothing happens by itself while something else is measured.
            next_step_at: Some(self.now + SignedDuration::from_hours(24)),
            version: 1,
            told: None,
            taken_name: None,
            taken_before_name: None,
            measured_at: None,
        }
    }

    /// What stands in the audit log of somebody: registered, claimed, and where it is wished each report.
    fn entries(
        &self,
        case: &NewCase,
        account: Option<&Account>,
        registered: Timestamp,
        reports: &[ReportRow],
    ) -> Vec<AuditEntry> {
        let line = |at, kind: &str, actor, action: &str, subject| AuditEntry {
            at,
            actor_kind: kind.to_owned(),
            actor,
            place: None,
            action: action.to_owned(),
            case: Some(case.id),
            subject,
            details: String::new(),
        };
        let mut lines = vec![line(registered, "system", None, "case.registered", None)];
        if let Some(account) = account {
            let actor = Some(account.row.id.uuid());
            lines.push(line(
                account.claimed_at,
                "person",
                actor,
                "case.claimed",
                None,
            ));
            if self.size.audited {
                lines.extend(reports.iter().map(|report| {
                    let subject = Some(report.id.uuid());
                    line(report.received_at, "person", actor, "report.sent", subject)
                }));
            }
        }
        lines
    }
}

/// Answers to the nine questions: mostly no.
fn answers(chance: u64) -> Said {
    let said = QUESTIONS.iter().enumerate().map(|(at, question)| {
        let yes = at > 0 && at < 3 && (chance >> (at * 5)).is_multiple_of(8);
        let said = if yes { Answer::Yes } else { Answer::No };
        (question.clone(), said)
    });
    said.collect::<Said>().answering(&BY_NAME)
}
