//! What is wrong with a new password, in words.

use domain::password::PasswordProblem;

/// The key of the sentence.
pub(crate) const fn key(problem: &PasswordProblem) -> &'static str {
    match problem {
        PasswordProblem::Empty => "problem-password-empty",
        PasswordProblem::TooShort => "problem-password-too-short",
        PasswordProblem::TooLong => "problem-password-too-long",
        PasswordProblem::TooFewClasses => "problem-password-classes",
        PasswordProblem::Common => "problem-password-common",
        PasswordProblem::LikeOwnData => "problem-password-own-data",
        PasswordProblem::LongNumber => "problem-password-long-number",
    }
}
