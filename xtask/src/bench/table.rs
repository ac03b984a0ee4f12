//! Figures, their targets, and the table of them.
#![expect(clippy::float_arithmetic, reason = "a ratio is a quotient")]

/// What was measured together, or why it was not.
pub(crate) struct Part {
    pub(crate) title: &'static str,
    pub(crate) rows: anyhow::Result<Vec<Row>>,
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) unit: Unit,
    pub(crate) figure: f64,
    pub(crate) bare: Option<Bare>,
    pub(crate) target: Option<Target>,
}

/// The same without the seam.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bare {
    pub(crate) figure: f64,
    /// Of the figure to this one. Over many pairs it is the median of their ratios, not the ratio of the medians.
    pub(crate) ratio: f64,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    Instructions,
    Allocations,
    Microseconds,
    CallsPerSecond,
    PerSecond,
    Milliseconds,
    Mebibytes,
}

/// What was to be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    AtMost(f64),
    RatioAtMost(f64),
    RatioAtLeast(f64),
    /// So many more than the bare one.
    AtMostMore(f64),
}

impl Bare {
    /// A bare figure that was measured once.
    pub(crate) fn of(figure: f64, bare: f64) -> Self {
        Self { figure: bare, ratio: figure / bare }
    }
}

impl Row {
    /// Whether it reached its target, if it has one. The figure as measured counts, not as rounded for the table.
    fn met(&self) -> Option<bool> {
        let bare = self.bare.map_or(f64::NAN, |bare| bare.figure);
        let ratio = self.bare.map_or(f64::NAN, |bare| bare.ratio);
        self.target.map(|target| match target {
            Target::AtMost(most) => self.figure <= most,
            Target::RatioAtMost(most) => ratio <= most,
            Target::RatioAtLeast(least) => ratio >= least,
            Target::AtMostMore(most) => self.figure - bare <= most,
        })
    }

    fn render(&self) -> String {
        let bare = self.bare.map(|bare| self.unit.render(bare.figure)).unwrap_or_default();
        let ratio = self.bare.map(|bare| format!("{:.2}×", bare.ratio)).unwrap_or_default();
        let target = self.target.map(|target| target.render(self.unit)).unwrap_or_default();
        let verdict = match self.met() {
            Some(true) => "met",
            Some(false) => "missed",
            None => "",
        };
        let (what, unit) = (&self.what, self.unit.name());
        let figure = self.unit.render(self.figure);
        let line =
            format!("  {what:<38} {unit:<12} {figure:>9} {bare:>9} {ratio:>7}  {target:<13} {verdict}");
        line.trim_end().to_owned()
    }
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Allocations => "allocations",
            Self::Microseconds => "µs",
            Self::CallsPerSecond => "calls/s",
            Self::PerSecond => "1/s",
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
        }
    }

    fn render(self, figure: f64) -> String {
        match self {
            Self::Instructions | Self::CallsPerSecond | Self::PerSecond | Self::Milliseconds => {
                format!("{figure:.0}")
            }
            Self::Allocations | Self::Microseconds | Self::Mebibytes => format!("{figure:.1}"),
        }
    }
}

impl Target {
    fn render(self, unit: Unit) -> String {
        match self {
            Self::AtMost(most) if unit == Unit::Allocations => format!("≤ {most:.1}"),
            Self::AtMost(most) => format!("≤ {most:.0}"),
            Self::RatioAtMost(most) => format!("≤ {most:.2}×"),
            Self::RatioAtLeast(least) => format!("≥ {least:.2}×"),
            Self::AtMostMore(most) => format!("≤ bare + {most:.0}"),
        }
    }
}

/// The table, and after it how many targets were met and missed.
pub(crate) fn render(parts: &[Part]) -> String {
    let (header, figure, bare, ratio, target) = ("", "figure", "bare", "ratio", "target");
    let mut lines = vec![format!("{header:<53} {figure:>9} {bare:>9} {ratio:>7}  {target:<13} verdict")];
    for part in parts {
        lines.push(part.title.to_owned());
        match &part.rows {
            Ok(rows) => lines.extend(rows.iter().map(Row::render)),
            Err(why) => lines.push(format!("  not measured: {why:#}")),
        }
    }
    let verdicts: Vec<bool> =
        parts.iter().flat_map(|part| part.rows.iter().flatten()).filter_map(Row::met).collect();
    let met = verdicts.iter().filter(|met| **met).count();
    lines.extend([String::new(), format!("{met} met, {} missed", verdicts.len() - met)]);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(what: &str, figure: f64, bare: f64, target: Option<Target>) -> Row {
        let bare = Some(Bare::of(figure, bare));
        Row { what: what.to_owned(), unit: Unit::Instructions, figure, bare, target }
    }

    #[test]
    fn a_miss_is_printed_as_a_miss() {
        let rows = vec![
            row("bare, again", 300.0, 300.0, None),
            row("port", 389.0, 300.0, Some(Target::RatioAtMost(1.3))),
            row("policies", 901.0, 300.0, Some(Target::AtMost(900.0))),
        ];
        let why = anyhow::anyhow!("No such file").context("valgrind cannot be run");
        let parts = [Part { title: "calls", rows: Ok(rows) }, Part { title: "shop", rows: Err(why) }];
        assert_eq!(
            render(&parts).lines().collect::<Vec<_>>(),
            [
                "                                                         figure      bare   ratio  target        verdict",
                "calls",
                "  bare, again                            instructions       300       300   1.00×",
                "  port                                   instructions       389       300   1.30×  ≤ 1.30×       met",
                "  policies                               instructions       901       300   3.00×  ≤ 900         missed",
                "shop",
                "  not measured: valgrind cannot be run: No such file",
                "",
                "1 met, 1 missed",
            ]
        );
    }

    #[test]
    fn targets_are_compared_with_what_was_measured() {
        let met = |figure, target| row("", figure, 100.0, Some(target)).met();
        assert_eq!(met(130.4, Target::RatioAtMost(1.3)), Some(false), "not with what was rounded");
        assert_eq!(met(92.0, Target::RatioAtLeast(0.92)), Some(true));
        assert_eq!(met(91.9, Target::RatioAtLeast(0.92)), Some(false));
        assert_eq!(met(101.0, Target::AtMostMore(1.0)), Some(true));
        assert_eq!(met(102.0, Target::AtMostMore(1.0)), Some(false));
        let alone = Row { bare: None, ..row("", 1.0, 1.0, Some(Target::RatioAtMost(2.0))) };
        assert_eq!(alone.met(), Some(false), "a ratio to nothing reaches nothing");
    }
}
