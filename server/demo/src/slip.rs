//! PDFs that look like slips, each stamped as a sample. They have text, so that readers of slips find what stands on them.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

/// A page of A4, in points.
const PAGE: Rect = Rect { x1: 0.0, y1: 0.0, x2: 595.0, y2: 842.0 };
const LEFT: f32 = 50.0;
const RIGHT: f32 = 545.0;
const MIDDLE: f32 = 305.0;
const PLAIN: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");

/// What stands on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    /// The first line is the largest.
    pub title: Vec<String>,
    /// Labels with what stands below them, two in a row.
    pub fields: Vec<(String, String)>,
    /// A table of amounts.
    pub rows: Vec<(String, String)>,
    /// What it comes to.
    pub total: Option<(String, String)>,
}

/// A slip of some pages. `stamp` goes across each of them, `note` below it.
pub(crate) fn pdf(stamp: &str, note: &str, sheets: &[Sheet]) -> Vec<u8> {
    let mut next = 0;
    let mut id = || {
        next += 1;
        Ref::new(next)
    };
    let (catalog, tree, plain, bold, info) = (id(), id(), id(), id(), id());
    let pages: Vec<(Ref, Ref)> = sheets.iter().map(|_| (id(), id())).collect();
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(pages.iter().map(|(page, _)| *page)).count(count);
    for ((page, content), sheet) in pages.iter().zip(sheets) {
        let mut page = pdf.page(*page);
        page.media_box(PAGE).parent(tree).contents(*content);
        page.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
        page.finish();
        pdf.stream(*content, &draw(sheet, stamp, note));
    }
    // Fonts that every reader has.
    for (font, name) in [(plain, &b"Helvetica"[..]), (bold, &b"Helvetica-Bold"[..])] {
        pdf.type1_font(font).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    let title = sheets.first().and_then(|sheet| sheet.title.first());
    let title = format!("{} ({stamp})", title.map_or("", String::as_str));
    pdf.document_info(info).title(TextStr(&title));
    pdf.finish()
}

fn draw(sheet: &Sheet, stamp: &str, note: &str) -> Vec<u8> {
    let mut page = Content::new();
    // Across the lower half, where nothing else is to be read.
    page.set_fill_rgb(0.96, 0.84, 0.84).begin_text().set_font(BOLD, 42.0);
    page.set_text_matrix([0.77, 0.64, -0.64, 0.77, 90.0, 90.0]).show(Str(&encoded(stamp))).end_text();
    page.set_fill_rgb(0.7, 0.1, 0.1);
    write(&mut page, BOLD, 10.0, LEFT, 806.0, stamp);
    page.set_fill_gray(0.0);
    let mut y = 780.0;
    for (line, text) in sheet.title.iter().enumerate() {
        let (font, size) = if line == 0 { (BOLD, 15.0) } else { (PLAIN, 11.0) };
        write(&mut page, font, size, LEFT, y, text);
        y -= 18.0;
    }
    y -= 14.0;
    for pair in sheet.fields.chunks(2) {
        for ((label, value), x) in pair.iter().zip([LEFT, MIDDLE]) {
            write(&mut page, PLAIN, 8.0, x, y, label);
            write(&mut page, PLAIN, 11.0, x, y - 14.0, value);
        }
        y -= 24.0;
        line(&mut page, y);
        y -= 14.0;
    }
    y -= 10.0;
    for (label, amount) in &sheet.rows {
        write(&mut page, PLAIN, 10.0, LEFT, y, label);
        write(&mut page, PLAIN, 10.0, RIGHT - width(amount, 10.0), y, amount);
        y -= 17.0;
    }
    if let Some((label, amount)) = &sheet.total {
        line(&mut page, y + 6.0);
        y -= 12.0;
        write(&mut page, BOLD, 12.0, LEFT, y, label);
        write(&mut page, BOLD, 12.0, RIGHT - width(amount, 12.0), y, amount);
    }
    for (place, text) in note.lines().enumerate() {
        write(&mut page, PLAIN, 8.0, LEFT, 52.0 - 11.0 * place as f32, text);
    }
    page.finish().to_vec()
}

fn write(page: &mut Content, font: Name<'_>, size: f32, x: f32, y: f32, text: &str) {
    page.begin_text().set_font(font, size).next_line(x, y).show(Str(&encoded(text))).end_text();
}

fn line(page: &mut Content, y: f32) {
    page.set_stroke_gray(0.7).set_line_width(0.5).move_to(LEFT, y).line_to(RIGHT, y).stroke();
}

/// How wide an amount is: figures are all as wide in this font, points and spaces half as wide.
fn width(amount: &str, size: f32) -> f32 {
    let wide = |letter: char| match letter {
        ',' | '.' | ' ' | '\u{a0}' => 0.278,
        '-' => 0.333,
        'A'..='Z' => 0.7,
        _ => 0.556,
    };
    amount.chars().map(wide).sum::<f32>() * size
}

/// A text in the encoding of the fonts: what western Europe writes.
fn encoded(text: &str) -> Vec<u8> {
    let byte = |letter: char| match letter {
        '€' => 0x80,
        'Œ' => 0x8c,
        '‘' => 0x91,
        '’' => 0x92,
        '–' => 0x96,
        'œ' => 0x9c,
        letter => u8::try_from(letter).unwrap_or(b'?'),
    };
    text.chars().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_slip_has_the_same_bytes() {
        let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
        let sheet = Sheet {
            title: vec!["Guia".to_owned()],
            fields: vec![pair("CNPJ", "43.855.012/0001-00")],
            rows: vec![pair("Principal", "1.830,40")],
            total: Some(pair("Total", "1.830,40")),
        };
        let sheets = [sheet.clone(), sheet];
        let one = pdf("AMOSTRA", "Não pague.", &sheets);
        assert_eq!(one, pdf("AMOSTRA", "Não pague.", &sheets));
        assert!(one.starts_with(b"%PDF-1.7"));
        let count = |needle: &[u8]| one.windows(needle.len()).filter(|part| *part == needle).count();
        assert_eq!(count(b"(43.855.012/0001-00)"), 2);
        assert_eq!(encoded("ção – 5 €"), b"\xe7\xe3o \x96 5 \x80");
    }
}
