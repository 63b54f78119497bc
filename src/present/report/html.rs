//! One self-contained page: no font, no image from elsewhere, no script but the one that turns the times of what moves; reads
//! well on paper too.

use super::colour::theme;
use super::picture::Picture;
use super::words::escape;
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("film.js");
/// A browser that honours this loads nothing from anywhere and runs no script but [`SCRIPT`], whatever the page says.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-0+vGimecj+CZZeC40+sAxhLa8R12aaAOr9h07uGQ4jw='";

/// A table under construction. Numbers stand to the right of their columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    caption: String,
    columns: Vec<(String, bool)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without columns.
    pub fn new(caption: &str) -> Self {
        Self { caption: caption.to_owned(), ..Self::default() }
    }

    /// Adds a column of words.
    pub fn words(mut self, heading: &str) -> Self {
        self.columns.push((heading.to_owned(), false));
        self
    }

    /// Adds a column of numbers.
    pub fn numbers(mut self, heading: &str) -> Self {
        self.columns.push((heading.to_owned(), true));
        self
    }

    /// Adds a row. Cells that are lacking stay empty; those beyond the last column are left out.
    pub fn row<S: ToString>(mut self, cells: impl IntoIterator<Item = S>) -> Self {
        self.rows.push(cells.into_iter().map(|c| c.to_string()).collect());
        self
    }

    fn to_html(&self) -> String {
        let class = |numeric: bool| if numeric { " class=\"number\"" } else { "" };
        let head = |(text, numeric): &(String, bool)| {
            format!("<th scope=\"col\"{}>{}</th>", class(*numeric), escape(text))
        };
        let caption = escape(&self.caption);
        // What scrolls is reached by keys, and has a name.
        let mut out = format!(
            "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\"><table>\n"
        );
        if !self.caption.is_empty() {
            out += &format!("<caption>{caption}</caption>\n");
        }
        let heads: String = self.columns.iter().map(head).collect();
        out += &format!("<thead><tr>{heads}</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            let cell = |(i, (_, numeric)): (usize, &(String, bool))| {
                let text = row.get(i).map_or(String::new(), |t| escape(t));
                match (i, numeric) {
                    (0, false) => format!("<th scope=\"row\">{text}</th>"),
                    _ => format!("<td{}>{text}</td>", class(*numeric)),
                }
            };
            let cells: String = self.columns.iter().enumerate().map(cell).collect();
            out += &format!("<tr>{cells}</tr>\n");
        }
        out + "</tbody></table></div>"
    }
}

/// How a figure that moves begins.
const FILM: &str = "<figure class=\"film\">";

/// A page under construction.
///
/// ```
/// use kinetaxis::report::{Page, Table, compact};
/// let table = Table::new("Errors").words("observable").numbers("error").row(["mean", &compact(1e-4)]);
/// let html = Page::new("Run 7").section("Results").paragraph("All < 1%.").table(&table).to_html();
/// assert!(html.contains("All &lt; 1%.") && html.contains("10⁻⁴"));
/// ```
#[derive(Clone, Debug)]
pub struct Page {
    title: String,
    lang: String,
    body: String,
}

impl Page {
    /// A page in English that holds only its title.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), lang: "en".to_owned(), body: String::new() }
    }

    /// The language, as in `en`, `fr` or `de-CH`.
    pub fn lang(self, lang: &str) -> Self {
        Self { lang: lang.to_owned(), ..self }
    }

    /// Begins a section.
    pub fn section(self, heading: &str) -> Self {
        self.element("h2", heading)
    }

    /// Begins a part of a section.
    pub fn subsection(self, heading: &str) -> Self {
        self.element("h3", heading)
    }

    /// Adds a paragraph.
    pub fn paragraph(self, text: &str) -> Self {
        self.element("p", text)
    }

    /// Adds text kept as it is laid out: an experiment file, a listing.
    pub fn preformatted(self, text: &str) -> Self {
        self.element("pre", text)
    }

    /// Adds a table.
    pub fn table(self, table: &Table) -> Self {
        self.push(&table.to_html())
    }

    /// Adds a picture with a caption. At several times it has a slider, a button and the time beside them.
    pub fn figure(self, picture: &Picture, caption: &str) -> Self {
        let Picture { images, times } = picture;
        let (images, caption) = (images.concat(), escape(caption));
        let (class, clock) = match times.last() {
            None => ("still", String::new()),
            Some(last) => ("film", clock(times.len(), &escape(last), &caption)),
        };
        self.push(&format!(
            "<figure class=\"{class}\">\n<div class=\"images\">\n{images}</div>\n{clock}\
             <figcaption>{caption}</figcaption>\n</figure>"
        ))
    }

    /// The whole page.
    pub fn to_html(&self) -> String {
        let (lang, title) = (escape(&self.lang), escape(&self.title));
        let (policy, theme) = (escape(POLICY), theme());
        let script = match self.body.contains(FILM) {
            true => format!("<script>{SCRIPT}</script>\n"),
            false => String::new(),
        };
        format!(
            "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"/>\n\
             <title>{title}</title>\n<style>\n{theme}{STYLE}</style>\n</head>\n\
             <body>\n<main>\n<h1>{title}</h1>\n{}</main>\n{script}</body>\n</html>\n",
            self.body
        )
    }

    fn element(self, name: &str, text: &str) -> Self {
        let text = escape(text);
        self.push(&format!("<{name}>{text}</{name}>"))
    }

    fn push(mut self, html: &str) -> Self {
        // Writing to a string cannot fail.
        let _ = writeln!(self.body, "{html}");
        self
    }
}

/// What sets the time of a picture: without a script it tells the last one.
fn clock(count: usize, last: &str, caption: &str) -> String {
    let end = count - 1;
    format!(
        "<div class=\"clock\"><button type=\"button\" hidden=\"\">Play</button>\
         <input type=\"range\" hidden=\"\" min=\"0\" max=\"{end}\" value=\"{end}\" \
         aria-label=\"Time of: {caption}\" aria-valuetext=\"{last}\"/>\
         <span class=\"time\">{last}</span></div>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Plot, Series, markup};
    use base64::Engine;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn a_page_needs_nothing_but_itself() {
        let html = Page::new("t").figure(&Plot::new("p").picture(), "c").to_html();
        for word in ["<script", "<link", "src=\"", "url(", "@import", "https:"] {
            assert!(!html.contains(word), "{word}");
        }
        let addresses = html.matches("http:").count();
        assert_eq!(addresses, html.matches("xmlns=\"http:").count(), "only the name of SVG");
        assert!(html.contains("<html lang=\"en\">") && html.contains("charset=\"utf-8\""));
        assert!(html.contains("@media print"));
    }

    #[test]
    fn what_moves_has_a_slider_and_the_script_that_the_policy_knows() {
        let plot = (0..3).fold(Plot::new("p"), |plot, t| plot.at(&format!("t = {t}")));
        let html = Page::new("t").figure(&plot.picture(), "c").to_html();
        assert!(
            html.contains("max=\"2\" value=\"2\"") && html.contains("aria-valuetext=\"t = 2\"")
        );
        let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
        assert!(html.contains(&format!("script-src &#39;sha256-{hash}&#39;")), "{hash}");
        for word in ["fetch", "import", "http", "eval", "innerHTML"] {
            assert!(!script.contains(word), "{word}");
        }
    }

    #[test]
    fn cells_follow_their_columns() {
        let table = Table::new("c").words("a").numbers("b").row(["x", "1", "lost"]).row(["<y>"]);
        let html = table.to_html();
        assert!(html.contains("<tr><th scope=\"row\">x</th><td class=\"number\">1</td></tr>"));
        assert!(
            html.contains("<tr><th scope=\"row\">&lt;y&gt;</th><td class=\"number\"></td></tr>")
        );
        assert!(!html.contains("lost"));
    }

    proptest! {
        #[test]
        fn whatever_is_written_the_page_is_well_formed(text in "[ -~\\t\\x00<>&\"'ε²]{0,40}") {
            let table = Table::new(&text).words(&text).row([&text, &text]);
            let page = Page::new(&text).lang(&text).section(&text).subsection(&text);
            let page = page.paragraph(&text).preformatted(&text).table(&table);
            let plot = ["0", "1"].into_iter().fold(Plot::new(&text), |plot, t| {
                plot.at(&format!("{t}{text}")).series(Series::line(&text).point(0.0, 1.0))
            });
            let html = page.figure(&plot.picture(), &text).to_html();
            prop_assert_eq!(markup::check(&html), Ok(()));
        }
    }
}
