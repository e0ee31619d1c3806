//! E-mail addresses.

use crate::text::fold_width;
use std::fmt;

/// Why a text is not an e-mail address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EmailAddressError {
    /// Nothing is typed.
    Empty,
    /// It is not of the form `name@example.org`.
    Malformed,
    /// The part before the `@` has a letter outside ASCII. Such an address is allowed (RFC 6531), but few mail servers take
    /// it, so that it is not promised to be written to.
    LettersBeforeAt,
}

/// Japanese carriers that for years gave out addresses with dots in a row or before the `@`, against RFC 5321; they still
/// deliver them, where what stands before the `@` is quoted.
const DOTTED: &[&str] = &[
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "au.com",
    "softbank.ne.jp",
    "vodafone.ne.jp",
];

/// An e-mail address that can be written to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address: any width, the domain in lower case and, where it is not ASCII, in its IDNA form. The part
    /// before the `@` stays as typed. At most 254 bytes.
    pub fn parse(text: &str) -> Result<EmailAddress, EmailAddressError> {
        let plain = fold_width(text);
        let plain = plain.strip_prefix("mailto:").unwrap_or(&plain);
        if plain.is_empty() {
            return Err(EmailAddressError::Empty);
        }
        let malformed = EmailAddressError::Malformed;
        let (local, host) = plain.rsplit_once('@').ok_or(malformed)?;
        if !local.is_ascii() {
            return Err(EmailAddressError::LettersBeforeAt);
        }
        let host = idna::domain_to_ascii_strict(host).map_err(|_| malformed)?;
        let carried = DOTTED.iter().any(|known| {
            let rest = host.strip_suffix(known);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        // As whoever knows the rule writes it: "taro..y"@docomo.ne.jp.
        let inner = local.strip_prefix('"').and_then(|l| l.strip_suffix('"'));
        let local = inner.filter(|_| carried).unwrap_or(local);
        let address = format!("{local}@{host}");
        let odd = |c: char| {
            c.is_whitespace()
                || c.is_control()
                || matches!(
                    c,
                    '"' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '\\' | '[' | ']'
                )
        };
        let options = email_address::Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        // The rest of such an address is as any other.
        let parts = local.split('.').filter(|part| !part.is_empty());
        let regular = match carried && has_odd_dots(local) {
            true => format!("{}@{host}", parts.collect::<Vec<_>>().join(".")),
            false => address.clone(),
        };
        let fits = address.len() <= 254
            && !local.chars().any(odd)
            && email_address::EmailAddress::parse_with_options(&regular, options).is_ok();
        if fits {
            Ok(EmailAddress(address))
        } else {
            Err(malformed)
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as mail servers take it: with what stands before the `@` in quotes where its dots need them.
    pub fn on_the_wire(&self) -> String {
        match self.0.rsplit_once('@') {
            Some((local, host)) if has_odd_dots(local) => format!("\"{local}\"@{host}"),
            _ => self.0.clone(),
        }
    }

    /// The address as its owner reads it: the host in its own letters, where they lead back to the same address.
    pub fn shown(&self) -> String {
        let own = self.0.rsplit_once('@').and_then(|(local, host)| {
            let (own, read) = idna::domain_to_unicode(host);
            let back = idna::domain_to_ascii_strict(&own).ok()?;
            (read.is_ok() && back == host).then(|| format!("{local}@{own}"))
        });
        own.unwrap_or_else(|| self.0.clone())
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// What names the mailbox in which an address ends: without what providers let people put behind a plus sign, and without
    /// the dots that Gmail passes over. For counting mails; never for telling people apart.
    pub fn mailbox_key(&self) -> String {
        let key = self.lookup_key();
        let Some((local, host)) = key.rsplit_once('@') else {
            return key;
        };
        let base = local.split('+').next().unwrap_or(local);
        match host {
            "gmail.com" | "googlemail.com" => format!("{}@gmail.com", base.replace('.', "")),
            _ => format!("{base}@{host}"),
        }
    }

    /// What makes two addresses one: all in lower case. No provider is known to tell `Hanako@` from `hanako@`, and
    /// people's phones capitalise the first letter.
    pub fn lookup_key(&self) -> String {
        self.0.to_lowercase()
    }
}

fn has_odd_dots(local: &str) -> bool {
    local.starts_with('.') || local.ends_with('.') || local.contains("..")
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[e-mail address]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, address) in [
            (" hanako@example.org ", "hanako@example.org"),
            ("Hanako.Y+fam@EXAMPLE.Org", "Hanako.Y+fam@example.org"),
            ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｏｒｇ", "hanako@example.org"),
            ("h@例え.jp", "h@xn--r8jz45g.jp"),
            ("a@ドメイン.example", "a@xn--eckwd4c7c.example"),
        ] {
            assert_eq!(
                EmailAddress::parse(text).unwrap().as_str(),
                address,
                "{text}"
            );
        }
        for (text, address, wire) in [
            (
                "taro..y@docomo.ne.jp",
                "taro..y@docomo.ne.jp",
                "\"taro..y\"@docomo.ne.jp",
            ),
            (
                "\"taro..y\"@docomo.ne.jp",
                "taro..y@docomo.ne.jp",
                "\"taro..y\"@docomo.ne.jp",
            ),
            (
                "taro.@EZweb.ne.jp",
                "taro.@ezweb.ne.jp",
                "\"taro.\"@ezweb.ne.jp",
            ),
            (
                "a@jp-t.ezweb.ne.jp",
                "a@jp-t.ezweb.ne.jp",
                "a@jp-t.ezweb.ne.jp",
            ),
        ] {
            let read = EmailAddress::parse(text).unwrap();
            assert_eq!(
                (read.as_str(), read.on_the_wire().as_str()),
                (address, wire)
            );
        }
        for (text, mailbox) in [
            ("Hanako+a@example.org", "hanako@example.org"),
            ("h.an.ako+b@googlemail.com", "hanako@gmail.com"),
            ("h.anako@example.org", "h.anako@example.org"),
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().mailbox_key(), mailbox);
        }
        let idn = EmailAddress::parse("h@例え.jp").unwrap();
        assert_eq!(idn.shown(), "h@例え.jp");
        assert_eq!(
            EmailAddress::parse("ö@x.example"),
            Err(EmailAddressError::LettersBeforeAt)
        );
        assert_eq!(EmailAddress::parse(""), Err(EmailAddressError::Empty));
        for text in [
            "hanako",
            "hanako@",
            "@example.org",
            "a b@example.org",
            "a@example",
            "a@b.org\r\nBcc: c@d.org",
            "a@b@c.org ,",
            "<a@example.org>",
            "a@-x.org",
            // Where no such addresses were given out, it is a slip of the finger.
            "taro..y@example.org",
            "taro.@gmail.com",
            "taro..y@notdocomo.ne.jp",
            "..@docomo.ne.jp",
            "\"a b\"@docomo.ne.jp",
        ] {
            assert_eq!(
                EmailAddress::parse(text),
                Err(EmailAddressError::Malformed),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let _ = EmailAddress::parse(&text);
        }

        #[test]
        fn what_was_read_reads_back(text in "[A-Za-z0-9._+-]{1,20}@[a-z0-9-]{1,12}\\.(org|jp)") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address.clone()));
                prop_assert!(!address.as_str().contains(['\r', '\n', ' ']));
            }
        }
    }
}
