//! The nodes of a YAML text, within bounds: what is nested without end would overflow the stack, and aliases of aliases
//! can make a few lines as long as one likes.

use std::collections::BTreeMap;

use saphyr::{MarkedYaml, ScanError, YamlLoader};
use saphyr_parser::{BufferedInput, Event, Marker, Parser, SpannedEventReceiver as _};

/// How many mappings and lists may stand inside one another.
const MOST_NESTED: usize = 100;
/// Bytes of text, with the copies that aliases make. The rows of a run hold far less (DynamoDB: 400 KB).
const MOST_TEXT: usize = 1_000_000;

/// Why a text has no nodes.
pub(super) enum Unreadable {
    /// It is not YAML.
    Scan(ScanError),
    /// It goes beyond a bound.
    TooMuch(Marker, String),
}

/// The documents of a text.
pub(super) fn load(text: &str) -> Result<Vec<MarkedYaml<'_>>, Unreadable> {
    let mut loader = YamlLoader::default();
    // Scalars as they are written.
    loader.early_parse(false);
    let mut size = Size::default();
    // Event by event: the parser's own loop calls itself for each level.
    for event in Parser::new(BufferedInput::new(text.chars())) {
        let (event, span) = event.map_err(Unreadable::Scan)?;
        size.grow(&event).map_err(|what| Unreadable::TooMuch(span.start, what))?;
        loader.on_event(event, span);
        if let Some(error) = loader.error() {
            return Err(Unreadable::Scan(error.clone()));
        }
    }
    Ok(loader.into_documents())
}

/// How much there is so far.
#[derive(Default)]
struct Size {
    bytes: usize,
    /// For each mapping and list that is not over: its anchor, and the bytes before it.
    open: Vec<(usize, usize)>,
    /// The bytes below each anchor.
    anchors: BTreeMap<usize, usize>,
}

impl Size {
    fn grow(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::MappingStart(anchor, _) | Event::SequenceStart(anchor, _) => {
                self.open.push((*anchor, self.bytes));
                self.bytes += 1;
            }
            Event::MappingEnd | Event::SequenceEnd => {
                if let Some((anchor, before)) = self.open.pop() {
                    self.anchors.insert(anchor, self.bytes - before);
                }
            }
            Event::Scalar(text, _, anchor, _) => {
                self.bytes += text.len() + 1;
                self.anchors.insert(*anchor, text.len() + 1);
            }
            // Where nothing has an anchor its number is 0, which no alias names.
            Event::Alias(anchor) => self.bytes += self.anchors.get(anchor).copied().unwrap_or(0),
            _ => {}
        }
        if self.open.len() > MOST_NESTED {
            return Err(format!("more than {MOST_NESTED} mappings and lists stand inside one another"));
        }
        if self.bytes > MOST_TEXT {
            return Err(format!("the file holds more than {MOST_TEXT} bytes, what its aliases stand for included"));
        }
        Ok(())
    }
}
