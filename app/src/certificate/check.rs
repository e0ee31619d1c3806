//! Whether a certificate is genuine: asked by an employer or an insurer who was shown one, with its code and the birthdate on
//! it. The answer names nobody. A wrong code and a wrong birthdate are told in the same words, and cost the same: one look for
//! the keyed hash of both.

use super::{Content, NoCertificate, find};
use crate::client::place;
use crate::{Error, FrontDesk};
use domain::birthdate::{Birthdate, BirthdateError};
use domain::certificate::{CertificateCode, CodeError, IsolationEnd};
use domain::limits::{
    NO_CERTIFICATE_PER_CLIENT_AND_HOUR, NO_CERTIFICATE_PER_CODE_AND_DAY,
    NO_CERTIFICATE_PER_CODE_AND_HOUR,
};
use jiff::SignedDuration;
use jiff::civil::Date;
use storage::certificate as rows;
use storage::limits::{self, AtMost};

/// Under which tries are counted, by code and by client.
const LIMIT: &str = "certificate_check";
const TRIES: [AtMost; 2] = [
    AtMost {
        times: NO_CERTIFICATE_PER_CODE_AND_HOUR,
        within: SignedDuration::from_hours(1),
    },
    AtMost {
        times: NO_CERTIFICATE_PER_CODE_AND_DAY,
        within: SignedDuration::from_hours(24),
    },
];

/// What was typed to check a certificate.
#[derive(Clone, Default)]
pub struct TypedCheck {
    /// The code.
    pub code: String,
    /// The year, the month and the day of birth, as on the paper.
    pub born: [String; 3],
}

/// What is told of a certificate that is genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The disease, as the paper has it.
    pub disease: String,
    /// The center that issued it.
    pub center: String,
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// The first day of isolation.
    pub first_day: Date,
    /// How it ended, or that it goes on.
    pub end: IsolationEnd,
    /// When it was issued.
    pub issued_on: Date,
}

/// What came of checking a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckCertificate {
    /// It is genuine, and says what stands.
    Genuine(Box<Checked>),
    /// It was issued that day by this center, and the record says something else since.
    Newer {
        /// The center.
        center: String,
        /// When it was issued.
        issued_on: Date,
    },
    /// There is none with this code and this birthdate; which of both is wrong is not said.
    NoSuchCertificate,
    /// This cannot be a code or a birthdate.
    Problems(Option<CodeError>, Option<BirthdateError>),
    /// Too many wrong ones.
    Wait,
}

impl FrontDesk {
    /// Checks a certificate that somebody was shown.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub async fn check_certificate(&self, typed: &TypedCheck) -> Result<CheckCertificate, Error> {
        let app = &self.app;
        let code = CertificateCode::parse(&typed.code);
        let [year, month, day] = &typed.born;
        let born = Birthdate::parse_parts(year, month, day, app.today());
        let (code, born) = match (code, born) {
            (Ok(code), Ok(born)) => (code, born),
            (code, born) => return Ok(CheckCertificate::Problems(code.err(), born.err())),
        };
        let proof = app.proof(&code, born.date());
        let of_code = app.keys().blind(LIMIT, code.plain());
        let client = (self.client.is_some()).then(|| app.keys().blind(LIMIT, &place(self.client)));
        let now = app.clock.now();
        // Counted before anything is looked up, and taken back where it was right.
        let found = app
            .db()
            .write(move |tx| {
                let most = NO_CERTIFICATE_PER_CLIENT_AND_HOUR;
                if let Some(client) = &client
                    && !limits::count_hourly(tx, LIMIT, client, most, now)?
                {
                    return Ok(None);
                }
                if !limits::count(tx, LIMIT, &of_code, TRIES, now)? {
                    return Ok(None);
                }
                let Some(row) = rows::by_proof(tx, &proof)? else {
                    return Ok(Some(None));
                };
                limits::uncount(tx, LIMIT, &of_code)?;
                if let Some(client) = &client {
                    limits::uncount_hourly(tx, LIMIT, client)?;
                }
                let stands = find(tx, row.case)?;
                Ok(Some(Some((row, stands))))
            })
            .await?;
        let (row, stands) = match found {
            None => return Ok(CheckCertificate::Wait),
            Some(None) => return Ok(CheckCertificate::NoSuchCertificate),
            Some(Some((row, Some(stands)))) => (row, stands),
            // Nothing of a record that was purged is left.
            Some(Some((_, None))) => return Ok(CheckCertificate::NoSuchCertificate),
        };
        let Content {
            said,
            center,
            disease,
            issued_on,
            ..
        } = app.open_content(&row)?;
        let standing = app.standing(&stands).await?;
        let holds = (standing.why_not).is_none_or(|why| why == NoCertificate::Died)
            && said.still_says(row.issued_at, &standing);
        Ok(match holds {
            true => CheckCertificate::Genuine(Box::new(Checked {
                disease,
                center,
                diagnosed_on: said.diagnosed_on,
                first_day: said.first_day,
                end: said.end,
                issued_on,
            })),
            false => CheckCertificate::Newer { center, issued_on },
        })
    }
}
