//! `foretune-train prepare`: every rule on rows made for it, and the same rows from another engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Catalogue(PathBuf);

impl Catalogue {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prepare-{name}"));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// A program run to its end; what it said.
    fn run(&self, words: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_foretune-train"));
        let output = command
            .args(words)
            .args(["--catalogue", self.path()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{said}");
        said
    }

    /// Adds a table as a source of its own.
    fn table(&self, name: &str, rows: &str) {
        let path = self.0.join(format!("{name}.csv"));
        std::fs::write(&path, rows).unwrap();
        let table = ["collect", "table", "--table", path.to_str().unwrap()];
        self.run(&[&table[..], &["--licence", &format!("invented for {name}")]].concat());
    }

    fn rows(&self, file: &str) -> Vec<HashMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.0.join(file)).unwrap();
        reader.deserialize().map(|row| row.unwrap()).collect()
    }

    /// What removed each row that was removed.
    fn removed(&self) -> BTreeMap<String, String> {
        let rows = self.rows("removed.csv").into_iter();
        rows.map(|mut row| {
            let title = row.remove("title").unwrap();
            (title, row.remove("removed_by").unwrap())
        })
        .collect()
    }

    /// id, removed_by, split and split_time of every row, as another engine has them.
    fn by_engine(&self, engine: &str) -> Vec<[String; 4]> {
        let python = std::env::var("FORETUNE_PYTHON").unwrap_or_else(|_| "python3".into());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run_rules.py");
        let output = Command::new(python)
            .arg(script)
            .arg(engine)
            .arg(&self.0)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{engine} is installed by `cargo xtask setup`: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut reader = csv::Reader::from_reader(&output.stdout[..]);
        reader.deserialize().map(|row| row.unwrap()).collect()
    }

    /// The same of `prepare`, from the files it wrote.
    fn by_prepare(&self) -> Vec<[String; 4]> {
        let removed = self.rows("removed.csv").into_iter().map(|row| {
            [
                row["id"].clone(),
                row["removed_by"].clone(),
                String::new(),
                String::new(),
            ]
        });
        let kept = songs(&self.0.join("songs.parquet")).into_iter().map(|row| {
            let text = |name: &str| row.get(name).cloned().unwrap_or_default();
            [text("id"), String::new(), text("split"), text("split_time")]
        });
        let mut rows: Vec<[String; 4]> = removed.chain(kept).collect();
        rows.sort();
        rows
    }
}

impl Drop for Catalogue {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// The cells of a Parquet file that are there, as text.
fn songs(path: &Path) -> Vec<HashMap<String, String>> {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| {
            let row = row.unwrap();
            let there = row
                .get_column_iter()
                .filter(|(_, field)| **field != Field::Null);
            there
                .map(|(name, field)| {
                    let text = match field {
                        Field::Str(text) => text.clone(),
                        other => other.to_string(),
                    };
                    (name.clone(), text)
                })
                .collect()
        })
        .collect()
}

/// One for a single machine and one that clusters run.
const ENGINES: [&str; 2] = ["duckdb", "datafusion"];

const HEADER: &str = "title,artist,isrc,popularity,danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,valence,tempo,duration_ms,genre,release_date\n";

/// A row whose features are told from other rows' by `number`.
fn row(
    title: &str,
    artist: &str,
    isrc: &str,
    popularity: &str,
    number: usize,
    rest: &str,
) -> String {
    let energy = number as f64 / 10_000.0;
    format!(
        "{title},{artist},{isrc},{popularity},0.5,{energy},3,-8,1,0.05,0.2,0.1,0.1,0.5,120,{rest}\n"
    )
}

#[test]
fn each_rule_removes_what_it_names_and_keeps_the_best_release() {
    let catalogue = Catalogue::new("rules");
    let usual = "200000,pop,2019-01-01";
    let rows = [
        row("Kept", "A", "", "50", 1, usual),
        row("Zero but alone", "A", "", "0", 2, usual),
        row("Chapter", "B", "", "50", 3, "200000,Audiobook,2019-01-01"),
        row("Skit", "B", "", "50", 4, "20000,pop,2019-01-01"),
        row("Unheard of", "B", "", "", 5, usual),
        // A zero beside a release of the same ISRC, the same title, the same features.
        row("Hit", "C", "XXABC0000001", "70", 6, usual),
        row("Hit (Reissue)", "C", "XXABC0000001", "0", 7, usual),
        row("Song", "D", "XXABC0000002", "30", 8, usual),
        row("Song - 2011 Remaster", "D", "XXABC0000003", "0", 9, usual),
        row("Same", "E", "", "40", 10, usual),
        row("Same sound", "F", "", "0", 10, usual),
        // Two releases that are both listened to: the more popular one, then the earlier one.
        row("Twice", "G", "XXABC0000004", "20", 11, usual),
        row("Twice more", "G", "XXABC0000005", "21", 12, usual),
        row(
            "Twice more (Deluxe)",
            "G",
            "XXABC0000006",
            "21",
            13,
            "200000,pop,2018",
        ),
        row("Sounds alike", "H", "", "10", 14, usual),
        row("Sounds alike too", "I", "", "11", 14, usual),
    ];
    catalogue.table("songs", &(HEADER.to_owned() + &rows.concat()));
    // The same ISRC from another table is the same row; what it lacks comes from there.
    catalogue.table("more", "isrc,track_name,artist_name,popularity,explicit\nXXABC0000004,Twice again,G,99,true\nXXABC0000009,No sound,J,50,true\n");
    let said = catalogue.run(&["prepare"]);
    let expected = [
        ("Chapter", "not_music"),
        ("Skit", "too_short"),
        ("Unheard of", "no_popularity"),
        ("No sound", "no_sound"),
        ("Hit (Reissue)", "zero_alternate"),
        ("Song - 2011 Remaster", "zero_alternate"),
        ("Same sound", "zero_alternate"),
        ("Twice more", "duplicate_title"),
        ("Sounds alike", "duplicate_features"),
    ];
    let expected: BTreeMap<String, String> = expected
        .map(|(title, rule)| (title.to_owned(), rule.to_owned()))
        .into();
    assert_eq!(catalogue.removed(), expected, "{said}");
    let kept = songs(&catalogue.0.join("songs.parquet"));
    let titles: HashSet<&str> = kept.iter().map(|row| row["title"].as_str()).collect();
    let expected = [
        "Kept",
        "Zero but alone",
        "Hit",
        "Song",
        "Same",
        "Twice again",
        "Twice more (Deluxe)",
        "Sounds alike too",
    ];
    assert_eq!(titles, expected.into());

    let find = |title: &str| kept.iter().find(|row| row["title"] == title).unwrap();
    // In the order of the sources' names, "more" speaks before "songs".
    let twice = find("Twice again");
    assert_eq!(twice["popularity"], "99.0");
    assert_eq!(twice["popularity_source"], "table:more");
    assert_eq!(twice["popularity_licence"], "invented for more");
    assert_eq!(twice["features_source"], "table:songs");
    assert_eq!(
        (twice["explicit"].as_str(), twice["year"].as_str()),
        ("true", "2019")
    );
    assert!(
        twice["popularity_fetched_at"].ends_with('Z'),
        "{}",
        twice["popularity_fetched_at"]
    );
    // What nobody told is not there.
    let kept_row = find("Kept");
    for missing in [
        "explicit",
        "isrc",
        "artist_followers",
        "audio",
        "deezer_rank",
    ] {
        assert!(!kept_row.contains_key(missing), "{missing}");
    }
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(catalogue.0.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["kept"], 8);
    let rule = report["removed"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["rule"] == "zero_alternate");
    assert_eq!(rule.unwrap()["rows"], 3);
    let sheet = std::fs::read_to_string(catalogue.0.join("datasheet.md")).unwrap();
    for part in [
        "| `zero_alternate` | 3 |",
        "| popularity | table:songs |",
        "invented for more",
        "datasheet/popularity.svg",
    ] {
        assert!(sheet.contains(part), "{part} in {sheet}");
    }
    let svg = std::fs::read_to_string(catalogue.0.join("datasheet/energy.svg")).unwrap();
    assert!(svg.contains("<polyline"));
    for engine in ENGINES {
        assert_eq!(catalogue.by_engine(engine), catalogue.by_prepare());
    }
}

#[test]
fn another_engine_gives_the_same_rows_and_no_artist_is_in_two_parts() {
    let catalogue = Catalogue::new("engines");
    let mut rows = HEADER.to_owned();
    let mut draws = 5_u32;
    let mut draw = |below: u32| {
        // Numerical Recipes' generator.
        draws = draws.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (draws >> 8) % below
    };
    // Few titles, artists, ISRCs and features, so that every rule meets every other.
    for number in 0..6_000 {
        let isrc = match draw(3) {
            0 => format!("XXABC{:07}", draw(1_500)),
            _ => String::new(),
        };
        let popularity = match draw(10) {
            0 => String::new(),
            1 | 2 => "0".to_owned(),
            _ => draw(101).to_string(),
        };
        let artist = match draw(20) {
            0 => String::new(),
            _ => format!("Artist {}", draw(500)),
        };
        let date = match draw(8) {
            0 => String::new(),
            1 => format!("{}", 1990 + draw(30)),
            _ => format!(
                "{}-{:02}-{:02}",
                1990 + draw(30),
                1 + draw(12),
                1 + draw(28)
            ),
        };
        let genre = ["pop", "rock", "", "comedy", "Ünïcode"][draw(5) as usize];
        let rest = format!("{},{genre},{date}", draw(300_000));
        let features = draw(4_000) as usize;
        let title = format!("Title {}", draw(40) + 40 * (number % 12));
        write!(
            rows,
            "{}",
            row(&title, &artist, &isrc, &popularity, features, &rest)
        )
        .unwrap();
    }
    catalogue.table("invented", &rows);
    catalogue.run(&["prepare", "--shard-rows", "1000"]);
    assert!(catalogue.0.join("raw/part-00003.parquet").exists());

    let ours = catalogue.by_prepare();
    for engine in ENGINES {
        let theirs = catalogue.by_engine(engine);
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "{engine}");
        }
    }
    let rules: HashSet<&str> = ours
        .iter()
        .map(|row| row[1].as_str())
        .filter(|r| !r.is_empty())
        .collect();
    assert_eq!(rules.len(), 7, "some rules met nothing: {rules:?}");

    let kept = songs(&catalogue.0.join("songs.parquet"));
    let mut shares: HashMap<(&str, &str), usize> = HashMap::new();
    for split in ["split", "split_time"] {
        let mut parts: HashMap<&str, &str> = HashMap::new();
        for row in &kept {
            let Some(part) = row.get(split) else { continue };
            *shares.entry((split, part)).or_default() += 1;
            if let Some(artist) = row.get("artist_key") {
                let known = parts.entry(artist).or_insert(part);
                assert_eq!(*known, part, "{artist} is in two parts of {split}");
            }
        }
    }
    let share = |split, part| shares[&(split, part)] as f64 / kept.len() as f64;
    // Five hundred artists: a tenth of them, give or take four standard deviations.
    assert!((0.05..0.16).contains(&share("split", "test")), "{shares:?}");
    let dates = |part: &str| {
        let of_part = kept
            .iter()
            .filter(move |row| row.get("split_time").is_some_and(|p| p == part));
        of_part
            .map(|row| row["release_date"].clone())
            .collect::<Vec<_>>()
    };
    let (train, calibrate, test) = (dates("train"), dates("calibrate"), dates("test"));
    assert!(!train.is_empty() && !test.is_empty());
    assert!(train.iter().max() < calibrate.iter().min());
    assert!(calibrate.iter().max() < test.iter().min());
}
