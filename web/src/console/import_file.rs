//! The file of an import while it arrives: how much memory large ones take together, and what came of it.

use crate::visit::WHOSE;
use app::StaffDesk;
use axum::body::Bytes;
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Up to this size a file waits for no other one: some 6,000 rows.
const SMALL: usize = 1024 * 1024;
/// How many larger ones arrive and are looked at at once: each takes its size of memory, and more.
static LARGE: Semaphore = Semaphore::const_new(2);
/// How long one waits for those before it. What is sent of it waits in the network meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of a file that somebody sends.
pub(super) enum Arrived {
    /// It is there, with its turn where it is a large one.
    Whole(Bytes, Option<SemaphorePermit<'static>>),
    /// None was chosen, or it is larger than files may be.
    None,
    /// It did not come to its end.
    CutOff,
    /// Other large ones are arriving.
    Crowded,
    /// Somebody else has chosen it than who is signed in now.
    OfAnother,
}

/// Takes a file in.
pub(super) async fn arrive(desk: &StaffDesk, headers: &HeaderMap, form: Multipart) -> Arrived {
    // Before any of it is read: what has come of it would take the memory already.
    let Ok(turn) = turn(headers, &LARGE, PATIENCE).await else {
        return Arrived::Crowded;
    };
    match read(desk, form).await {
        Ok(Read::File(bytes)) => Arrived::Whole(bytes, turn),
        Ok(Read::OfAnother) => Arrived::OfAnother,
        Ok(Read::None) => Arrived::None,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Arrived::None,
        Err(_) => Arrived::CutOff,
    }
}

/// Other files come first for too long.
#[derive(Debug)]
struct Crowded;

/// Waits for the turn of a large file; a small one needs none.
async fn turn<'l>(
    headers: &HeaderMap,
    large: &'l Semaphore,
    patience: Duration,
) -> Result<Option<SemaphorePermit<'l>>, Crowded> {
    let told = headers.get(CONTENT_LENGTH);
    let told = told.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    // What does not say how long it is may be long.
    if told.is_some_and(|length| length <= SMALL) {
        return Ok(None);
    }
    match tokio::time::timeout(patience, large.acquire()).await {
        Ok(Ok(permit)) => Ok(Some(permit)),
        _ => Err(Crowded),
    }
}

enum Read {
    File(Bytes),
    None,
    OfAnother,
}

async fn read(desk: &StaffDesk, mut form: Multipart) -> Result<Read, MultipartError> {
    let mut file = None;
    while let Some(field) = form.next_field().await? {
        match field.name() {
            // It stands before the file: a list of somebody else is not even read.
            Some(WHOSE) => {
                let whose = field.text().await?;
                if whose != desk.whose() {
                    return Ok(Read::OfAnother);
                }
            }
            // A browser sends a field without a name of a file where none was chosen.
            Some("file") if !is_unchosen(&field) => file = Some(field.bytes().await?),
            _ => {}
        }
    }
    Ok(file.map_or(Read::None, Read::File))
}

fn is_unchosen(field: &Field<'_>) -> bool {
    field.file_name() == Some("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn so_long(bytes: &str) -> HeaderMap {
        let length = (CONTENT_LENGTH, bytes.parse().unwrap());
        HeaderMap::from_iter([length])
    }

    #[tokio::test]
    async fn large_files_wait_for_each_other_and_small_ones_for_none() {
        let large = Semaphore::new(2);
        let soon = Duration::from_millis(20);
        let first = turn(&so_long("40000000"), &large, soon).await.unwrap();
        // It does not say how long it is.
        let second = turn(&HeaderMap::new(), &large, soon).await.unwrap();
        assert!(first.is_some() && second.is_some());
        assert!(turn(&so_long("1048577"), &large, soon).await.is_err());
        assert!(
            turn(&so_long("200000"), &large, soon)
                .await
                .unwrap()
                .is_none()
        );
        drop(first);
        assert!(
            turn(&so_long("1048577"), &large, soon)
                .await
                .unwrap()
                .is_some()
        );
    }
}
