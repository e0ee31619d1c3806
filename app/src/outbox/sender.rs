//! How mails leave the house: over SMTP, or into a folder where somebody develops.

use super::lines::SmtpSender;
use super::{Mail, Reason, smtp};
use domain::email_address::EmailAddress;
use domain::ids::MessageId;
use lettre::address::Envelope;
use lettre::message::{Mailbox, header::ContentType};
use lettre::{Address, Message};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::timeout;

/// How long handing a mail over may take; the library waits for ever. Where it was taken and we did not wait to hear it, it goes
/// out once more.
pub(super) const TAKE: Duration = Duration::from_secs(90);

/// What became of an attempt: two different words for two different fates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The server has taken it.
    Delivered,
    /// A passing fault, or one of the installation, which somebody mends.
    TryAgain {
        /// Why.
        because: Reason,
        /// What the operator has to mend, where it is known; for the log.
        means: Option<&'static str>,
    },
    /// It will never go: the recipient was refused, or this message.
    GiveUp {
        /// Why.
        because: Reason,
    },
}

impl Delivery {
    /// A fault that passes by itself.
    pub(crate) fn again(because: Reason) -> Delivery {
        Delivery::TryAgain {
            because,
            means: None,
        }
    }
}

/// A mail that landed in the folder of a development installation.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The file's name.
    pub file: String,
    /// The whole mail: headers, an empty line, the text.
    pub content: String,
}

/// Where mails go.
#[derive(Clone)]
pub enum MailSender {
    /// To a mail server, which may take so long for each.
    Smtp(SmtpSender, Duration),
    /// Into a folder, in development only.
    Folder(PathBuf),
}

impl MailSender {
    /// A sender for `smtp://host:port` or `smtps://user:password@host`.
    ///
    /// # Errors
    /// A sentence for the operator; it does not repeat the URL, which may hold a password.
    pub fn smtp(url: &str) -> Result<MailSender, String> {
        MailSender::smtp_within(url, TAKE)
    }

    /// The same where handing a mail over may take only so long: for tests, which wait for a server that says nothing.
    ///
    /// # Errors
    /// As above.
    pub fn smtp_within(url: &str, take: Duration) -> Result<MailSender, String> {
        let sender = SmtpSender::at(url).ok_or_else(|| {
            "must look like smtp://host:port or smtps://user:password@host".to_owned()
        })?;
        Ok(MailSender::Smtp(sender, take))
    }

    pub(super) async fn send(&self, id: MessageId, from: &EmailAddress, mail: &Mail) -> Delivery {
        let message = match build(id, from, mail) {
            Ok(message) => message,
            Err(because) => return Delivery::GiveUp { because },
        };
        match self {
            MailSender::Smtp(sender, take) => match timeout(*take, sender.send(&message)).await {
                Ok(Ok(())) => Delivery::Delivered,
                Ok(Err(error)) => smtp::fate(&error),
                Err(_) => Delivery::again(Reason::MailSilent),
            },
            MailSender::Folder(folder) => {
                let plain = format!(
                    "From: {}\nTo: {}\nSubject: {}\n\n{}",
                    from.as_str(),
                    mail.to,
                    mail.subject,
                    mail.text
                );
                match write_new(folder, &format!("{id}.txt"), &plain).await {
                    Ok(()) => Delivery::Delivered,
                    Err(error) => Delivery::again(Reason::Folder(error.kind().to_string())),
                }
            }
        }
    }

    pub(super) async fn landed(&self) -> Option<Vec<Sent>> {
        let MailSender::Folder(folder) = self else {
            return None;
        };
        let mut landed = Vec::new();
        if let Ok(mut files) = tokio::fs::read_dir(folder).await {
            while let Ok(Some(file)) = files.next_entry().await {
                let name = file.file_name().to_string_lossy().into_owned();
                if name.ends_with(".txt")
                    && let Ok(content) = tokio::fs::read_to_string(file.path()).await
                {
                    landed.push(Sent {
                        file: name,
                        content,
                    });
                }
            }
        }
        // The names begin with the time.
        landed.sort_by(|a, b| b.file.cmp(&a.file));
        Some(landed)
    }
}

pub(crate) async fn write_new(folder: &PathBuf, name: &str, text: &str) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    // Written aside first: whoever reads the folder never sees half a mail.
    let aside = folder.join(format!(".{name}"));
    tokio::fs::write(&aside, text).await?;
    tokio::fs::rename(&aside, folder.join(name)).await
}

fn build(id: MessageId, from: &EmailAddress, mail: &Mail) -> Result<Message, Reason> {
    let mailbox = |address: &str| -> Result<Mailbox, Reason> {
        let wire = EmailAddress::parse(address).map(|address| address.on_the_wire());
        let address = wire.ok().and_then(|wire| wire.parse::<Address>().ok());
        let address = address.ok_or(Reason::NoAddress)?;
        Ok(Mailbox::new(None, address))
    };
    let host = from.as_str().rsplit('@').next().unwrap_or("localhost");
    let (from, to) = (mailbox(from.as_str())?, mailbox(&mail.to)?);
    // Not read back from the headers, where an address in quotes is not understood.
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()])
        .map_err(|_| Reason::NoAddress)?;
    Message::builder()
        .envelope(envelope)
        .from(from)
        .to(to)
        .subject(mail.subject.as_str())
        // The same at every attempt, so that a repeated one is known as such.
        .message_id(Some(format!("<{id}@{host}>")))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text.clone())
        .map_err(|_| Reason::NotBuilt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_dots_in_a_row_is_written_to_as_mail_servers_want_it() {
        let from = EmailAddress::parse("no-reply@center.example").unwrap();
        let mail = Mail {
            to: "taro..y@docomo.ne.jp".to_owned(),
            subject: "S".to_owned(),
            text: "T".to_owned(),
        };
        let id = MessageId::from_uuid(uuid::Uuid::nil());
        let built = build(id, &from, &mail).unwrap();
        let to: Vec<String> = built
            .envelope()
            .to()
            .iter()
            .map(|a| a.to_string())
            .collect();
        assert_eq!(to, ["\"taro..y\"@docomo.ne.jp"]);
        let whole = String::from_utf8(built.formatted()).unwrap();
        assert!(whole.contains("To: \"taro..y\"@docomo.ne.jp"), "{whole}");
    }
}
