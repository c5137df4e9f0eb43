//! The styles: how each instrument plays a bar, written as one character a step.
//!
//! A lane is read step by step. `X x o` strike loud, normal and soft; `-` holds what sounds;
//! `.` is silence. A bass lane strikes with `r` root, `f` fifth, `o` octave; a chord lane with `x`
//! (the whole chord) or a digit (that one chord tone, for arpeggios).

/// How a beat divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feel {
    /// Four steps a beat, played evenly.
    Straight,
    /// Four steps a beat, every second eighth late.
    SwungEighths,
    /// Four steps a beat, every second sixteenth late.
    SwungSixteenths,
    /// Three steps a beat.
    Triplet,
}

impl Feel {
    pub const fn steps_per_beat(self) -> usize {
        match self {
            Self::Triplet => 3,
            _ => 4,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drum {
    Kick,
    Snare,
    Rim,
    Clap,
    Hat,
    OpenHat,
    Ride,
    Crash,
    Shaker,
    Tom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instrument {
    Bass,
    SubBass,
    SynthBass,
    Pad,
    Strings,
    Organ,
    Piano,
    ElectricPiano,
    Guitar,
    PowerGuitar,
    Brass,
    Flute,
    SynthLead,
    Bell,
}

#[derive(Debug)]
pub struct Style {
    pub name: &'static str,
    /// Range in which a listener taps the beat of this style.
    pub tempo_bpm: (f64, f64),
    pub beats_per_bar: usize,
    pub feel: Feel,
    pub drums: &'static [(Drum, &'static str)],
    pub bass: (Instrument, &'static str),
    pub chords: (Instrument, &'static str),
    /// Sustained chords under the chorus.
    pub pad: Instrument,
    pub lead: Instrument,
    /// Machines play on the grid; people a few milliseconds beside it.
    pub by_hand: bool,
}

use Drum::{Clap, Crash, Hat, Kick, OpenHat, Ride, Rim, Shaker, Snare, Tom};
use Feel::{Straight, SwungEighths, SwungSixteenths, Triplet};
use Instrument as I;

#[rustfmt::skip]
pub const STYLES: &[Style] = &[
    Style {
        name: "rock", tempo_bpm: (96.0, 150.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X.....x.x......."), (Snare, "....X.......X..."), (Hat, "x.x.x.x.x.x.x.x.")],
        bass: (I::Bass, "r-r-r-r-r-r-r-r-"), chords: (I::PowerGuitar, "x---x-x-x---x-x-"),
        pad: I::Organ, lead: I::SynthLead, by_hand: true,
    },
    Style {
        name: "pop", tempo_bpm: (90.0, 128.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X.....x...x....."), (Snare, "....X.......X..."), (Clap, "....x.......x..."),
                 (Hat, "xoxoxoxoxoxoxoxo")],
        bass: (I::SynthBass, "r---..r---r-..f-"), chords: (I::ElectricPiano, "x-----x-----x---"),
        pad: I::Pad, lead: I::SynthLead, by_hand: false,
    },
    Style {
        name: "house", tempo_bpm: (118.0, 130.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X...X...X...X..."), (Clap, "....X.......X..."), (OpenHat, "..x...x...x...x."),
                 (Shaker, "oxoooxoooxoooxoo")],
        bass: (I::SynthBass, "..r-..r-..r-..o-"), chords: (I::ElectricPiano, "x..x..x...x..x.."),
        pad: I::Pad, lead: I::Bell, by_hand: false,
    },
    Style {
        name: "techno", tempo_bpm: (124.0, 142.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X...X...X...X..."), (Hat, "..x...x...x...xo"), (Rim, "...x..x....x..x.")],
        bass: (I::SynthBass, ".rrr.rrr.rrr.rrr"), chords: (I::Pad, "..x.....x......."),
        pad: I::Pad, lead: I::SynthLead, by_hand: false,
    },
    Style {
        name: "disco", tempo_bpm: (108.0, 126.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X...X...X...X..."), (Snare, "....X.......X..."), (Hat, "x.x.x.x.x.x.x.x."),
                 (OpenHat, "..x...x...x...x.")],
        bass: (I::Bass, "r-o-r-o-r-o-f-o-"), chords: (I::Guitar, "..x-..xx..x-..xx"),
        pad: I::Strings, lead: I::Strings, by_hand: true,
    },
    Style {
        name: "hip-hop", tempo_bpm: (80.0, 104.0), beats_per_bar: 4, feel: SwungSixteenths,
        drums: &[(Kick, "X..x...x..X....."), (Snare, "....X.......X..o"), (Hat, "x.x.x.xox.x.x.x.")],
        bass: (I::SubBass, "r--r...r--r-..--"), chords: (I::ElectricPiano, "x-------..x-----"),
        pad: I::Strings, lead: I::Piano, by_hand: false,
    },
    Style {
        name: "trap", tempo_bpm: (64.0, 80.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X......x..x....."), (Clap, "....X.......X..."), (Hat, "xxxxxxxxxxxxxxxx")],
        bass: (I::SubBass, "r------r--r-----"), chords: (I::Bell, "0.1.2.1.0.1.2.3."),
        pad: I::Pad, lead: I::Bell, by_hand: false,
    },
    Style {
        name: "drum-and-bass", tempo_bpm: (164.0, 178.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X.........X....."), (Snare, "....X..o.o..X..o"), (Hat, "x.x.x.x.x.x.x.x.")],
        bass: (I::SynthBass, "r-----r---f-----"), chords: (I::Pad, "x---------------"),
        pad: I::Strings, lead: I::SynthLead, by_hand: false,
    },
    Style {
        name: "reggae", tempo_bpm: (68.0, 92.0), beats_per_bar: 4, feel: SwungEighths,
        drums: &[(Kick, "........X......."), (Rim, "........X......."), (Hat, "x.x.x.x.x.x.x.x.")],
        bass: (I::Bass, "r-..r-f-..r-f-r-"), chords: (I::Organ, "....x.......x..."),
        pad: I::Organ, lead: I::Brass, by_hand: true,
    },
    Style {
        name: "bossa", tempo_bpm: (112.0, 148.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "x.....x.x.....x."), (Rim, "x.....x.....x..."), (Shaker, "x.x.x.x.x.x.x.x.")],
        bass: (I::Bass, "r-----f-f-----r-"), chords: (I::Guitar, "x---x-..x-..x---"),
        pad: I::Strings, lead: I::Flute, by_hand: true,
    },
    Style {
        name: "funk", tempo_bpm: (92.0, 116.0), beats_per_bar: 4, feel: SwungSixteenths,
        drums: &[(Kick, "X.x.......x..x.."), (Snare, "....X..o.o..X..o"), (Hat, "xxxxxxxxxxxxxxxx")],
        bass: (I::Bass, "r..r..o.r..f.o.r"), chords: (I::Guitar, "x..x..x.x..x.xx."),
        pad: I::Brass, lead: I::Brass, by_hand: true,
    },
    Style {
        name: "soul", tempo_bpm: (60.0, 84.0), beats_per_bar: 4, feel: Triplet,
        drums: &[(Kick, "X....xx....."), (Snare, "...X.....X.."), (Hat, "xxxxxxxxxxxx")],
        bass: (I::Bass, "r-----f--r--"), chords: (I::Piano, "x-xx-xx-xx-x"),
        pad: I::Organ, lead: I::Flute, by_hand: true,
    },
    Style {
        name: "shuffle", tempo_bpm: (104.0, 148.0), beats_per_bar: 4, feel: Triplet,
        drums: &[(Kick, "X..x..X..x.."), (Snare, "...X..o..X.o"), (Ride, "x.xx.xx.xx.x")],
        bass: (I::Bass, "r-.f-.o-.f-."), chords: (I::Piano, "x.xx.xx.xx.x"),
        pad: I::Organ, lead: I::SynthLead, by_hand: true,
    },
    Style {
        name: "swing", tempo_bpm: (120.0, 188.0), beats_per_bar: 4, feel: Triplet,
        drums: &[(Ride, "x..x.xx..x.x"), (Hat, "...x.....x.."), (Kick, "o..o..o..o..")],
        bass: (I::Bass, "r--f--o--f--"), chords: (I::Piano, "x----x......"),
        pad: I::Brass, lead: I::Brass, by_hand: true,
    },
    Style {
        name: "country", tempo_bpm: (96.0, 136.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X.......X......."), (Snare, "o.o.X.o.o.o.X.oo"), (Shaker, "x.x.x.x.x.x.x.x.")],
        bass: (I::Bass, "r-------f-------"), chords: (I::Guitar, "..0.x-1...2.x-1."),
        pad: I::Strings, lead: I::Guitar, by_hand: true,
    },
    Style {
        name: "metal", tempo_bpm: (132.0, 184.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X.xxX.xxX.xxX.xx"), (Snare, "....X.......X..."), (Crash, "x..............."),
                 (Ride, "x...x...x...x...")],
        bass: (I::Bass, "r.rrr.rrr.rrr.rr"), chords: (I::PowerGuitar, "x.xxx.xxx.xxx.xx"),
        pad: I::PowerGuitar, lead: I::SynthLead, by_hand: true,
    },
    Style {
        name: "waltz", tempo_bpm: (92.0, 168.0), beats_per_bar: 3, feel: Straight,
        drums: &[(Kick, "X..........."), (Rim, "....x...x..."), (Shaker, "x...x...x...")],
        bass: (I::Bass, "r-----------"), chords: (I::Piano, "....x-..x-.."),
        pad: I::Strings, lead: I::Flute, by_hand: true,
    },
    Style {
        name: "six-eight", tempo_bpm: (52.0, 80.0), beats_per_bar: 2, feel: Triplet,
        drums: &[(Kick, "X....x"), (Snare, "...X.."), (Hat, "xoxxox")],
        bass: (I::Bass, "r--f--"), chords: (I::Guitar, "012321"),
        pad: I::Strings, lead: I::Piano, by_hand: true,
    },
    Style {
        name: "folk", tempo_bpm: (76.0, 124.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Shaker, "x.o.x.o.x.o.x.o."), (Tom, "x.......o.x.....")],
        bass: (I::Bass, "r-------f-------"), chords: (I::Guitar, "x-1-2-1-x-3-2-1-"),
        pad: I::Strings, lead: I::Flute, by_hand: true,
    },
    Style {
        name: "piano ballad", tempo_bpm: (58.0, 84.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X.........x....."), (Rim, "........x......."), (Hat, "x.x.x.x.x.x.x.x.")],
        bass: (I::Bass, "r---------------"), chords: (I::Piano, "x-1-2-3-x-1-2-3-"),
        pad: I::Strings, lead: I::Piano, by_hand: true,
    },
    Style {
        name: "synthwave", tempo_bpm: (84.0, 118.0), beats_per_bar: 4, feel: Straight,
        drums: &[(Kick, "X...X...X...X..."), (Snare, "....X.......X..."), (Hat, "..x...x...x...x."),
                 (Tom, "..............xx")],
        bass: (I::SynthBass, "r.r.r.r.r.r.r.r."), chords: (I::SynthLead, "0.1.2.3.2.1.2.1."),
        pad: I::Pad, lead: I::SynthLead, by_hand: false,
    },
];

pub fn named(name: &str) -> Option<&'static Style> {
    STYLES.iter().find(|style| style.name == name)
}
