-- The cleaning rules: which row of `raw_songs` is kept, why the others are not, and which part of
-- either split it belongs to.
--
-- `foretune-train prepare` runs this script, and any other engine runs it unchanged over the shards
-- of raw/: it asks for nothing but window functions and CASE. `raw_songs` is whatever the engine
-- calls the table of those shards. A row is removed by the first rule that speaks against it:
--
-- rule not_music: an episode or chapter, spoken word by its genre, or by its features nothing but speech
-- rule too_short: shorter than half a minute, as intros and skits are
-- rule no_popularity: no source told a popularity, so there is nothing to learn
-- rule no_sound: neither audio nor all eleven features, so there is nothing to learn from
-- rule zero_alternate: another release of the same song is listened to, this one is at zero
-- rule duplicate_isrc: the same recording by its ISRC as a row that is kept
-- rule duplicate_title: the same song by title and artist as a row that is kept
-- rule duplicate_features: the same recording by its features as a row that is kept
--
-- Of several releases the most popular is kept, then one with audio, then the earliest.

WITH settings AS (
    SELECT
        30000 AS shortest_ms,
        -- Spotify's documentation: above this a track is probably made of spoken words alone.
        CAST(0.66 AS DOUBLE) AS most_speechiness,
        -- Shares of the artists, and of the dated songs.
        CAST(0.1 AS DOUBLE) AS test_share,
        CAST(0.1 AS DOUBLE) AS calibrate_share
),

one_by_one AS (
    SELECT
        id, isrc, title_key, artist_key, artist_draw, fingerprint, popularity, release_date,
        test_share, calibrate_share,
        CASE WHEN audio IS NULL THEN 1 ELSE 0 END AS is_silent,
        CASE
            WHEN content_type <> 'track' THEN 'not_music'
            WHEN speechiness > most_speechiness THEN 'not_music'
            WHEN LOWER(genre) IN (
                'audiobook', 'audiobooks', 'hoerspiel', 'podcast', 'spoken word', 'comedy',
                'stand-up comedy', 'asmr', 'white noise', 'sound effects', 'guided meditation'
            ) THEN 'not_music'
            WHEN duration_ms < shortest_ms THEN 'too_short'
            WHEN popularity IS NULL THEN 'no_popularity'
            WHEN audio IS NULL AND (
                danceability IS NULL OR energy IS NULL OR key IS NULL OR loudness IS NULL
                OR mode IS NULL OR speechiness IS NULL OR acousticness IS NULL
                OR instrumentalness IS NULL OR liveness IS NULL OR valence IS NULL OR tempo IS NULL
            ) THEN 'no_sound'
        END AS removed_by
    FROM raw_songs CROSS JOIN settings
),

-- A row without the thing that a group shares, or that is removed already, is a group of its own.
releases AS (
    SELECT
        one_by_one.*,
        MAX(popularity) OVER (PARTITION BY
            CASE WHEN removed_by IS NULL THEN COALESCE(isrc, id) ELSE id END) AS best_of_isrc,
        MAX(popularity) OVER (PARTITION BY
            CASE WHEN removed_by IS NULL
                THEN COALESCE(artist_key || '/' || title_key, id) ELSE id END) AS best_of_title,
        MAX(popularity) OVER (PARTITION BY
            CASE WHEN removed_by IS NULL
                THEN COALESCE(fingerprint, id) ELSE id END) AS best_of_features
    FROM one_by_one
),

without_alternates AS (
    SELECT
        id, isrc, title_key, artist_key, artist_draw, fingerprint, popularity, release_date,
        test_share, calibrate_share, is_silent,
        CASE
            WHEN removed_by IS NOT NULL THEN removed_by
            WHEN popularity = 0 AND (best_of_isrc > 0 OR best_of_title > 0 OR best_of_features > 0)
                THEN 'zero_alternate'
        END AS removed_by
    FROM releases
),

ranked_by_isrc AS (
    SELECT
        without_alternates.*,
        ROW_NUMBER() OVER (
            PARTITION BY CASE WHEN removed_by IS NULL THEN COALESCE(isrc, id) ELSE id END
            ORDER BY popularity DESC, is_silent,
                CASE WHEN release_date IS NULL THEN 1 ELSE 0 END, release_date, id) AS place
    FROM without_alternates
),

unique_by_isrc AS (
    SELECT
        id, title_key, artist_key, artist_draw, fingerprint, popularity, release_date,
        test_share, calibrate_share, is_silent,
        CASE WHEN removed_by IS NULL AND place > 1
            THEN 'duplicate_isrc' ELSE removed_by END AS removed_by
    FROM ranked_by_isrc
),

ranked_by_title AS (
    SELECT
        unique_by_isrc.*,
        ROW_NUMBER() OVER (
            PARTITION BY CASE WHEN removed_by IS NULL
                THEN COALESCE(artist_key || '/' || title_key, id) ELSE id END
            ORDER BY popularity DESC, is_silent,
                CASE WHEN release_date IS NULL THEN 1 ELSE 0 END, release_date, id) AS place
    FROM unique_by_isrc
),

unique_by_title AS (
    SELECT
        id, artist_key, artist_draw, fingerprint, popularity, release_date,
        test_share, calibrate_share, is_silent,
        CASE WHEN removed_by IS NULL AND place > 1
            THEN 'duplicate_title' ELSE removed_by END AS removed_by
    FROM ranked_by_title
),

ranked_by_features AS (
    SELECT
        unique_by_title.*,
        ROW_NUMBER() OVER (
            PARTITION BY CASE WHEN removed_by IS NULL
                THEN COALESCE(fingerprint, id) ELSE id END
            ORDER BY popularity DESC, is_silent,
                CASE WHEN release_date IS NULL THEN 1 ELSE 0 END, release_date, id) AS place
    FROM unique_by_title
),

cleaned AS (
    SELECT
        id, artist_key, artist_draw, release_date, test_share, calibrate_share,
        CASE WHEN removed_by IS NULL AND place > 1
            THEN 'duplicate_features' ELSE removed_by END AS removed_by
    FROM ranked_by_features
),

-- How large a share of the dated songs is older than this one; the same date is the same share.
dated AS (
    SELECT
        cleaned.*,
        CASE WHEN removed_by IS NULL AND release_date IS NOT NULL
            THEN CAST(RANK() OVER (
                PARTITION BY CASE WHEN removed_by IS NULL AND release_date IS NOT NULL THEN 1 ELSE 0 END
                ORDER BY release_date) - 1 AS DOUBLE)
            / CAST(COUNT(*) OVER (
                PARTITION BY CASE WHEN removed_by IS NULL AND release_date IS NOT NULL THEN 1 ELSE 0 END
                ) AS DOUBLE)
        END AS older_share
    FROM cleaned
),

timed AS (
    SELECT
        dated.*,
        CASE
            WHEN older_share IS NULL THEN NULL
            WHEN older_share < 1 - test_share - calibrate_share THEN 0
            WHEN older_share < 1 - test_share THEN 1
            ELSE 2
        END AS time_part
    FROM dated
),

by_artist AS (
    SELECT
        timed.*,
        MAX(time_part) OVER (PARTITION BY COALESCE(artist_key, id)) AS artists_last_part
    FROM timed
)

SELECT
    id,
    removed_by,
    -- By artist: drawn from the artist's name, so that no artist is in two parts.
    CASE
        WHEN removed_by IS NOT NULL THEN NULL
        WHEN artist_draw < test_share THEN 'test'
        WHEN artist_draw < test_share + calibrate_share THEN 'calibrate'
        ELSE 'train'
    END AS split,
    -- By time: what is tested is newer than what is trained on. An artist's songs from before her
    -- last part are left out (null), so that no artist is in two parts here either.
    CASE
        WHEN time_part <> artists_last_part THEN NULL
        WHEN time_part = 0 THEN 'train'
        WHEN time_part = 1 THEN 'calibrate'
        WHEN time_part = 2 THEN 'test'
    END AS split_time
FROM by_artist
ORDER BY id
