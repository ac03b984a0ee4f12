//! Fields of a line for people: `name=value`, and what is said first.
//!
//! Every request has a span with fields, most never say a line in it, and all are formatted. The usual formatter sends
//! each through several layers of `fmt`, at a price that shows in the throughput of small requests; this one appends
//! texts as they are. A value in which characters would mislead is quoted: nobody writes lines into our logs.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FormatFields, format::Writer},
};

/// The fields, for people.
pub(crate) struct Plain;

/// Room for the fields of a request, so that they are put together without growing.
const USUAL: usize = 160;

impl<'writer> FormatFields<'writer> for Plain {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut line = Line { dim: writer.has_ansi_escapes(), text: String::with_capacity(USUAL) };
        fields.record(&mut line);
        writer.write_str(&line.text)
    }
}

struct Line {
    dim: bool,
    text: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let name = field.name();
        if name == "message" {
            for c in value.chars() {
                if c.is_control() && c != '\n' && c != '\t' {
                    self.text.extend(c.escape_default());
                } else {
                    self.text.push(c);
                }
            }
            return;
        }
        let (before, after) = if self.dim { ("\x1b[2m", "=\x1b[0m") } else { ("", "=") };
        self.text.push_str(before);
        self.text.push_str(name.strip_prefix("r#").unwrap_or(name));
        self.text.push_str(after);
        if value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"') {
            self.text.push_str(value);
        } else {
            self.text.push('"');
            self.text.extend(value.escape_debug());
            self.text.push('"');
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).write(buf)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn said(say: impl FnOnce()) -> String {
        let kept = Kept::default();
        let to = kept.clone();
        let lines = tracing_subscriber::fmt::layer()
            .fmt_fields(Plain)
            .with_writer(move || to.clone())
            .without_time()
            .with_ansi(false);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), say);
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_has_the_fields_of_its_span_and_its_own() {
        let line = said(|| {
            let _in = tracing::info_span!("request", method = "GET", path = "/v1/a b").entered();
            tracing::warn!(status = 503, kind = %"not-executed", r#type = "x", "not {}", "available");
        });
        let expected = r#"request{method=GET path="/v1/a b"}: outgrow_test: not available status=503 kind=not-executed type=x"#;
        let target = concat!(module_path!(), ":");
        assert_eq!(
            line.trim(),
            format!(" WARN {expected}").trim().replace("outgrow_test:", target),
            "{line}"
        );
    }

    #[test]
    fn a_value_cannot_write_a_line_of_its_own() {
        let line = said(|| tracing::info!(cause = %"a\n ERROR b", "\x1b[2Jcleared"));
        assert!(line.contains(r#"\u{1b}[2Jcleared cause="a\n ERROR b""#), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}
