//! Line charts as SVG: learning curves and calibration.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Of the whole picture, in pixels.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 420.0;
/// Room for the labels, on the left and below.
const MARGIN: f64 = 56.0;
const TOP: f64 = 40.0;
const TICKS: usize = 5;

/// Told apart by people with any colour vision (Okabe and Ito 2008).
const COLOURS: [&str; 6] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
];

pub struct Chart<'a> {
    pub title: &'a str,
    pub x: Axis<'a>,
    pub y: Axis<'a>,
    pub lines: Vec<Line<'a>>,
}

pub struct Axis<'a> {
    pub label: &'a str,
    pub from: f64,
    pub to: f64,
}

pub struct Line<'a> {
    pub label: &'a str,
    pub points: Vec<(f64, f64)>,
}

impl<'a> Axis<'a> {
    /// From the lowest to the highest of `values`, which may be none.
    pub fn over(label: &'a str, values: impl Iterator<Item = f64> + Clone) -> Self {
        let from = values.clone().fold(f64::INFINITY, f64::min);
        let to = values.fold(f64::NEG_INFINITY, f64::max);
        if from < to {
            return Self { label, from, to };
        }
        let middle = if from.is_finite() { from } else { 0.0 };
        Self {
            label,
            from: middle - 0.5,
            to: middle + 0.5,
        }
    }

    fn position(&self, value: f64) -> f64 {
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }
}

impl Chart<'_> {
    pub fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, self.svg()).with_context(|| format!("cannot write {}", path.display()))
    }

    fn svg(&self) -> String {
        let (right, bottom) = (WIDTH - 16.0, HEIGHT - MARGIN);
        let x = |value: f64| MARGIN + self.x.position(value) * (right - MARGIN);
        let y = |value: f64| bottom - self.y.position(value) * (bottom - TOP);
        let mut svg = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">
<title>{}</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
<text x="{MARGIN}" y="22" font-size="15">{}</text>
"##,
            escaped(self.title),
            escaped(self.title)
        );
        // Writing to a String cannot fail.
        for tick in 0..=TICKS {
            let share = tick as f64 / TICKS as f64;
            let across = self.x.from + share * (self.x.to - self.x.from);
            let up = self.y.from + share * (self.y.to - self.y.from);
            let _ = writeln!(
                svg,
                r##"<path d="M{MARGIN} {0:.1}H{right}" stroke="#ddd"/><text x="{1:.1}" y="{2:.1}" text-anchor="end">{3}</text><text x="{4:.1}" y="{5:.1}" text-anchor="middle">{6}</text>"##,
                y(up),
                MARGIN - 6.0,
                y(up) + 4.0,
                number(up),
                x(across),
                bottom + 18.0,
                number(across)
            );
        }
        let _ = writeln!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{}</text><text transform="translate(14 {:.1}) rotate(-90)" text-anchor="middle">{}</text>"#,
            (MARGIN + right) / 2.0,
            HEIGHT - 14.0,
            escaped(self.x.label),
            (TOP + bottom) / 2.0,
            escaped(self.y.label)
        );
        for (index, line) in self.lines.iter().enumerate() {
            let colour = COLOURS[index % COLOURS.len()];
            let points: Vec<String> = line
                .points
                .iter()
                .filter(|point| point.0.is_finite() && point.1.is_finite())
                .map(|&(across, up)| format!("{:.1},{:.1}", x(across), y(up)))
                .collect();
            let _ = writeln!(
                svg,
                r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/><text x="{:.1}" y="{:.1}" text-anchor="end" fill="{colour}">{}</text>"#,
                points.join(" "),
                right - 4.0,
                TOP + 14.0 + 16.0 * index as f64,
                escaped(line.label)
            );
        }
        svg + "</svg>\n"
    }
}

fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_land_on_their_corners_and_text_is_escaped() {
        let chart = Chart {
            title: "a < b",
            x: Axis::over("epoch", [0.0, 10.0].into_iter()),
            y: Axis::over("loss", [1.0, 3.0].into_iter()),
            lines: vec![Line {
                label: "training",
                points: vec![(0.0, 1.0), (10.0, 3.0), (f64::NAN, 1.0)],
            }],
        };
        let svg = chart.svg();
        assert!(svg.contains("56.0,364.0 624.0,40.0\""), "{svg}");
        assert!(svg.contains("a &lt; b") && !svg.contains("a < b"));
    }

    #[test]
    fn an_axis_of_one_value_or_none_has_a_length() {
        for values in [vec![], vec![2.0]] {
            let axis = Axis::over("x", values.into_iter());
            assert!(axis.to > axis.from);
        }
    }
}
