//! Functional harmony: scales, and chords read from Roman numerals.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Major,
    Minor,
}

impl Mode {
    /// Semitones above the tonic.
    pub const fn scale(self) -> [i32; 7] {
        match self {
            Self::Major => [0, 2, 4, 5, 7, 9, 11],
            Self::Minor => [0, 2, 3, 5, 7, 8, 10],
        }
    }

    /// Loops of one chord a bar that begin or end on the tonic: what a verse or chorus repeats.
    /// Minor takes its dominant from the harmonic scale (V) or leaves it out (VII).
    pub const fn progressions(self) -> &'static [&'static str] {
        match self {
            Self::Major => &[
                "I V vi IV",
                "I vi IV V",
                "I IV V I",
                "I IV I V",
                "ii7 V7 I I",
                "I iii IV V",
                "I ii IV V",
                "I V IV I",
                "I IV vi V",
                "I I IV V7",
                "vi IV I V",
                "I vi ii7 V7",
            ],
            Self::Minor => &[
                "i VI III VII",
                "i iv V i",
                "i VII VI V",
                "i VI iv V",
                "i iv i V7",
                "i VI VII i",
                "i iv VII III",
                "i v VI iv",
                "ii° V7 i i",
                "i VII VI VII",
                "i III VII iv",
                "i VI iv V7",
            ],
        }
    }
}

/// A chord relative to the tonic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chord {
    /// Semitones from the tonic to the root, 0 to 11.
    pub root: i32,
    /// Semitones from the root, ascending from 0.
    pub intervals: &'static [i32],
}

impl Chord {
    /// Reads numerals such as `I`, `vi`, `V7`, `ii7`, `ii°`: the case gives the third, `°` a
    /// diminished triad, `7` a minor seventh. Degrees count along the scale of `mode`.
    pub fn parse(numeral: &str, mode: Mode) -> Option<Self> {
        let letters: String = numeral.chars().filter(char::is_ascii_alphabetic).collect();
        let degree = ["i", "ii", "iii", "iv", "v", "vi", "vii"]
            .iter()
            .position(|name| letters.eq_ignore_ascii_case(name))?;
        let minor = letters.chars().all(|c| c.is_ascii_lowercase());
        let intervals: &[i32] = match (numeral.contains('°'), minor, numeral.contains('7')) {
            (true, _, _) => &[0, 3, 6],
            (_, true, true) => &[0, 3, 7, 10],
            (_, false, true) => &[0, 4, 7, 10],
            (_, true, false) => &[0, 3, 7],
            (_, false, false) => &[0, 4, 7],
        };
        Some(Self {
            root: mode.scale()[degree],
            intervals,
        })
    }

    /// Whether the pitch class `semitones` above the tonic belongs to the chord.
    pub fn holds(&self, semitones: i32) -> bool {
        self.intervals
            .iter()
            .any(|interval| (self.root + interval - semitones).rem_euclid(12) == 0)
    }
}

/// The chords of a progression, one a bar.
pub fn chords(progression: &str, mode: Mode) -> Vec<Chord> {
    progression
        .split_whitespace()
        .filter_map(|numeral| Chord::parse(numeral, mode))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn numerals_are_read_along_the_scale() {
        let dominant = Chord::parse("V7", Mode::Minor).unwrap();
        assert_eq!(dominant.root, 7);
        assert!(dominant.holds(11), "the leading tone");
        assert_eq!(Chord::parse("VII", Mode::Minor).unwrap().root, 10);
        assert_eq!(
            Chord::parse("vi", Mode::Major).unwrap().intervals,
            [0, 3, 7]
        );
        assert_eq!(Chord::parse("X", Mode::Major), None);
    }

    #[test]
    fn every_progression_has_four_chords_one_of_them_the_tonic() {
        for mode in [Mode::Major, Mode::Minor] {
            for progression in mode.progressions() {
                let chords = chords(progression, mode);
                assert_eq!(chords.len(), 4, "{progression}");
                assert!(chords.iter().any(|chord| chord.root == 0), "{progression}");
            }
        }
    }
}
