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

/// A page being drawn from top to bottom, or only measured.
pub(crate) struct Pen<'p, 's> {
    pub(crate) fonts: &'static Fonts,
    /// `None`: only measures.
    pub(crate) paper: Option<(&'p mut Surface<'s>, &'p mut TagTree)>,
    pub(crate) scale: f32,
    pub(crate) y: f32,
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
    /// Draws something that a reader is told of under a tag.
    pub(crate) fn tagged(&mut self, tag: TagKind, draw: impl FnOnce(&mut Surface<'_>)) {
        if let Some((surface, tree)) = &mut self.paper {
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
        let size = size * self.scale;
        let font = self.fonts.font(weight);
        let text = self.fonts.printable(text, weight);
        let lines = lines(self.fonts, &text, size, weight, width);
        let top = self.y;
        self.y += size * 1.5 * lines.len() as f32;
        self.tagged(tag, |surface| {
            surface.set_fill(fill(26));
            let mut y = top;
            for line in lines {
                y += size * 1.5;
                let start = Point::from_xy(x, y - size * 0.3);
                let direction = TextDirection::LeftToRight;
                surface.draw_text(start, font.clone(), size, &line, false, direction);
            }
        });
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

    pub(crate) fn bar(&mut self, x: f32, y: f32, width: f32, height: f32) {
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
