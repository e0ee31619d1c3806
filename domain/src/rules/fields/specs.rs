//! Which fields each kind of rule has: their names, what they count, and from where to where they may lie.

use crate::rules::RuleKind;

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Per cent.
    Percent,
    /// Degrees Celsius; tenths in the file.
    Degrees,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// Several days, with commas between them.
    DayList,
    /// Years.
    Years,
    /// Not a number but words.
    Words,
    /// Several lines of words.
    Lines,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// A field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldSpec {
    /// Its name, which is its place in the rule: `spo2_falling.by`.
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// The lowest and the highest number, as in the file.
    pub range: (i64, i64),
    /// Whether it may be left empty, and is left out then.
    pub is_optional: bool,
}

const fn field(name: &'static str, unit: Unit, range: (i64, i64)) -> FieldSpec {
    FieldSpec {
        name,
        unit,
        range,
        is_optional: false,
    }
}

const fn optional(name: &'static str, unit: Unit, range: (i64, i64)) -> FieldSpec {
    FieldSpec {
        name,
        unit,
        range,
        is_optional: true,
    }
}

// The ranges keep slips of the finger out; the numbers themselves are for the health authority.
pub(super) const COURSE: &[FieldSpec] = &[
    field("spo2_falling.at_or_below", Unit::Percent, (70, 100)),
    field("spo2_falling.by", Unit::Percent, (1, 20)),
    field("spo2_falling.within_hours", Unit::Hours, (1, 240)),
    field("temperature_rising.at_or_above", Unit::Degrees, (350, 420)),
    field("temperature_rising.by", Unit::Degrees, (1, 50)),
    field("temperature_rising.within_hours", Unit::Hours, (1, 240)),
    field("fever_lasting.at_or_above", Unit::Degrees, (350, 420)),
    field("fever_lasting.days", Unit::Days, (1, 30)),
    optional("infant.below_days", Unit::Days, (1, 730)),
    optional("infant.at_or_above", Unit::Degrees, (350, 420)),
    optional("silence.hours", Unit::Hours, (1, 720)),
    optional("silence.at_risk_hours", Unit::Hours, (1, 720)),
    optional("silence.alert_after_hours", Unit::Hours, (1, 720)),
    optional("silence.unreached_hours", Unit::Hours, (1, 720)),
    optional("silence.level", Unit::OneOf(&["watch", "alarming"]), (0, 0)),
    field("risk.age_at_or_above", Unit::Years, (0, 120)),
    field("source", Unit::Words, (1, 1_000)),
];

pub(super) const ISOLATION: &[FieldSpec] = &[
    field("symptomatic.days", Unit::Days, (1, 60)),
    optional(
        "symptomatic.hours_after_improvement",
        Unit::Hours,
        (1, 1_440),
    ),
    field("symptomatic.observe_days", Unit::Days, (1, 60)),
    field("asymptomatic.days", Unit::Days, (1, 60)),
    field("asymptomatic.observe_days", Unit::Days, (1, 60)),
    optional("asymptomatic.negative_test.days", Unit::DayList, (0, 60)),
    optional(
        "asymptomatic.negative_test.free_from_day",
        Unit::Days,
        (1, 60),
    ),
    field("symptomatic_inpatient.days", Unit::Days, (1, 60)),
    optional(
        "symptomatic_inpatient.hours_after_improvement",
        Unit::Hours,
        (1, 1_440),
    ),
    field("symptomatic_inpatient.observe_days", Unit::Days, (1, 60)),
    field("contact.days", Unit::Days, (1, 60)),
    field("contact.observe_days", Unit::Days, (1, 60)),
    optional("contact.negative_test.days", Unit::DayList, (0, 60)),
    optional("contact.negative_test.free_from_day", Unit::Days, (1, 60)),
    field("source", Unit::Words, (1, 1_000)),
];

const fn words(name: &'static str) -> FieldSpec {
    field(name, Unit::Words, (1, 1_000))
}

const fn lines(name: &'static str) -> FieldSpec {
    field(name, Unit::Lines, (1, 4_000))
}

const fn optional_words(name: &'static str) -> FieldSpec {
    optional(name, Unit::Words, (1, 1_000))
}

const fn optional_lines(name: &'static str) -> FieldSpec {
    optional(name, Unit::Lines, (1, 4_000))
}

const MESSAGES: &[FieldSpec] = &[
    words("invitation_sms.ja"),
    words("invitation_sms.en"),
    words("invitation_mail_subject.ja"),
    lines("invitation_mail.ja"),
    words("invitation_mail_subject.en"),
    lines("invitation_mail.en"),
    words("reminder_mail_subject.ja"),
    lines("reminder_mail.ja"),
    words("reminder_mail_subject.en"),
    lines("reminder_mail.en"),
    words("request_sms.ja"),
    words("request_sms.en"),
    words("request_mail_subject.ja"),
    lines("request_mail.ja"),
    words("request_mail_subject.en"),
    lines("request_mail.en"),
    optional_words("alert_waits_sms.ja"),
    optional_words("alert_waits_sms.en"),
    optional_words("alert_waits_mail_subject.ja"),
    optional_lines("alert_waits_mail.ja"),
    optional_words("alert_waits_mail_subject.en"),
    optional_lines("alert_waits_mail.en"),
    optional_words("alert_taken_sms.ja"),
    optional_words("alert_taken_sms.en"),
    optional_words("alert_taken_mail_subject.ja"),
    optional_lines("alert_taken_mail.ja"),
    optional_words("alert_taken_mail_subject.en"),
    optional_lines("alert_taken_mail.en"),
];

/// The fields of a kind; none where the file is edited as text alone.
pub const fn fields(kind: RuleKind) -> &'static [FieldSpec] {
    match kind {
        RuleKind::Course => COURSE,
        RuleKind::Isolation => ISOLATION,
        RuleKind::Messages => MESSAGES,
        RuleKind::Questionnaire | RuleKind::Notification => &[],
    }
}
