//! What is printed: an A4 page that is drawn from top to bottom, with letters that every reader has and tags that a
//! screen reader follows.

mod lines;

pub(crate) use lines::{Fonts, Weight};

use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Tag, TagGroup, TagKind, TagTree};
use krilla::text::TextDirection;
use lines::lines;
use qrcode::QrCode;
use std::num::NonZeroU16;

/// A4 in points.
pub(crate) const WIDTH: f32 = 595.28;
pub(crate) const HEIGHT: f32 = 841.89;
pub(crate) const MARGIN: f32 = 48.0;
/// Nothing stands below it.
pub(crate) const BOTTOM: f32 = HEIGHT - 36.0;
/// A QR code's width with its quiet zone, in points: 40 mm.
pub(crate) const QR: f32 = 113.4;
/// Modules of white around a QR code that the standard asks for.
const QUIET: usize = 4;

/// What goes on over several sheets: the pen goes through all of it for each of them, and draws what stands on one.
#[derive(Clone, Copy)]
pub(crate) struct Sheets {
    /// The sheet that is drawn, counted from nought.
    pub(crate) shown: usize,
    /// The sheet on which the pen is.
    pub(crate) at: usize,
    /// Where text begins on all but the first.
    pub(crate) top: f32,
}

/// A page being drawn from top to bottom, or only measured.
pub(crate) struct Pen<'p, 's> {
    pub(crate) fonts: &'static Fonts,
    /// `None`: only measures.
    pub(crate) paper: Option<(&'p mut Surface<'s>, &'p mut TagTree)>,
    pub(crate) scale: f32,
    pub(crate) y: f32,
    /// `None`: all of it stands on one sheet.
    pub(crate) sheets: Option<Sheets>,
}

pub(crate) fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, width, height)?);
    path.finish()
}

pub(crate) fn fill(shade: u8) -> Option<Fill> {
    Some(Fill {
        paint: rgb::Color::new(shade, shade, shade).into(),
        ..Fill::default()
    })
}

pub(crate) fn heading(level: u16) -> TagKind {
    NonZeroU16::new(level).map_or_else(|| Tag::P.into(), |level| Tag::Hn(level, None).into())
}

impl Pen<'_, '_> {
    /// Whether the sheet on which the pen is is the one that is drawn.
    fn is_shown(&self) -> bool {
        self.sheets.is_none_or(|sheets| sheets.at == sheets.shown)
    }

    /// Goes on to the next sheet where so much has no room on this one, if there may be another.
    pub(crate) fn keep(&mut self, height: f32) {
        if let Some(sheets) = &mut self.sheets
            && self.y + height * self.scale > BOTTOM
        {
            sheets.at += 1;
            self.y = sheets.top;
        }
    }

    /// How many of so many lines stand on the sheet on which the pen is; one at least.
    fn with_room(&self, lines: usize, height: f32) -> usize {
        if self.sheets.is_none() {
            return lines;
        }
        let fits = |lines: &usize| self.y + height * *lines as f32 <= BOTTOM;
        (1..=lines).take_while(fits).count().max(1)
    }

    /// Draws something that a reader is told of under a tag.
    pub(crate) fn tagged(&mut self, tag: TagKind, draw: impl FnOnce(&mut Surface<'_>)) {
        if self.is_shown()
            && let Some((surface, tree)) = &mut self.paper
        {
            let id = surface.start_tagged(ContentTag::Other);
            draw(surface);
            surface.end_tagged();
            let mut group = TagGroup::new(tag);
            group.push(id);
            tree.push(group);
        }
    }

    pub(crate) fn down(&mut self, space: f32) {
        self.y += space * self.scale;
    }

    /// Draws a paragraph and moves below it.
    pub(crate) fn paragraph(&mut self, text: &str, x: f32, width: f32, size: f32, weight: Weight) {
        self.text(Tag::P.into(), text, x, width, size, weight);
    }

    pub(crate) fn text(
        &mut self,
        tag: TagKind,
        text: &str,
        x: f32,
        width: f32,
        size: f32,
        weight: Weight,
    ) {
        let line = size * 1.5;
        let size = size * self.scale;
        let font = self.fonts.font(weight);
        let text = self.fonts.printable(text, weight);
        let lines = lines(self.fonts, &text, size, weight, width);
        let (mut rest, height) = (lines.as_slice(), size * 1.5);
        while !rest.is_empty() {
            self.keep(line);
            let (here, later) = rest.split_at(self.with_room(rest.len(), height));
            let top = self.y;
            self.y += height * here.len() as f32;
            self.tagged(tag.clone(), |surface| {
                surface.set_fill(fill(26));
                let mut y = top;
                for line in here {
                    y += height;
                    let start = Point::from_xy(x, y - size * 0.3);
                    let direction = TextDirection::LeftToRight;
                    surface.draw_text(start, font.clone(), size, line, false, direction);
                }
            });
            rest = later;
        }
    }

    /// Draws a QR code with its quiet zone in a square whose corner is at `x`, `y`.
    pub(crate) fn qr(&mut self, code: &QrCode, says: &str, x: f32, y: f32) {
        let count = code.width();
        let module = QR / (count + 2 * QUIET) as f32;
        let mut path = PathBuilder::new();
        for (i, color) in code.to_colors().into_iter().enumerate() {
            if color == qrcode::Color::Dark {
                let (left, top) = ((i % count + QUIET) as f32, (i / count + QUIET) as f32);
                let square = Rect::from_xywh(x + left * module, y + top * module, module, module);
                if let Some(square) = square {
                    path.push_rect(square);
                }
            }
        }
        self.tagged(Tag::Figure(Some(says.to_owned())).into(), |surface| {
            surface.set_fill(fill(0));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        });
    }

    /// Draws a frame that a black-and-white printer keeps, from `top` down to where the pen is.
    pub(crate) fn frame(&mut self, x: f32, top: f32, width: f32) {
        let height = self.y - top;
        self.bar(x, top, 5.0, height);
        self.bar(x, top, width, 0.8);
        self.bar(x, top + height - 0.8, width, 0.8);
        self.bar(x + width - 0.8, top, 0.8, height);
    }

    pub(crate) fn bar(&mut self, x: f32, y: f32, width: f32, height: f32) {
        if !self.is_shown() {
            return;
        }
        let Some((surface, _)) = &mut self.paper else {
            return;
        };
        surface.start_tagged(ContentTag::Artifact(Artifact::new(
            ArtifactType::Other,
            None,
        )));
        surface.set_fill(fill(26));
        if let Some(path) = rectangle(x, y, width, height) {
            surface.draw_path(&path);
        }
        surface.end_tagged();
    }
}
