-- What the collector stores. Missing is missing: a label that no source gave has no row.

CREATE TABLE source (
    name TEXT PRIMARY KEY,
    terms TEXT NOT NULL,
    -- Milliseconds since 1970. `asking_since` is set while a run asks, so that the next one knows
    -- of a run that was killed.
    asking_since INTEGER,
    asked_until INTEGER,
    -- The source asked not to be asked before this.
    resume_at INTEGER
);

CREATE TABLE licence (
    id INTEGER PRIMARY KEY,
    note TEXT NOT NULL UNIQUE
);

-- What one source says a thing is.
CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES source (name),
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    spotify_id TEXT,
    isrc TEXT,
    title TEXT,
    artist TEXT,
    title_key TEXT,
    artist_key TEXT,
    UNIQUE (source, kind, key)
);
CREATE INDEX record_spotify_id ON record (spotify_id) WHERE spotify_id IS NOT NULL;
CREATE INDEX record_isrc ON record (isrc) WHERE isrc IS NOT NULL;

CREATE TABLE label (
    record INTEGER NOT NULL REFERENCES record (id),
    field TEXT NOT NULL,
    value NOT NULL,
    -- Seconds since 1970.
    fetched_at INTEGER NOT NULL,
    licence INTEGER NOT NULL REFERENCES licence (id),
    PRIMARY KEY (record, field)
) WITHOUT ROWID;

-- What was asked and answered, so that it is not asked again.
CREATE TABLE settled (
    source TEXT NOT NULL REFERENCES source (name),
    key TEXT NOT NULL,
    outcome TEXT NOT NULL,
    settled_at INTEGER NOT NULL,
    PRIMARY KEY (source, key)
) WITHOUT ROWID;
