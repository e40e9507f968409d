-- Times are RFC 3339 in UTC with nine decimals: text that sorts by time and reads as such.

-- +goose Up
PRAGMA application_id = 0x666d696c;

CREATE TABLE article (
    key       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    root      INTEGER NOT NULL DEFAULT 0,  -- key of the article that this one was merged into in the end, 0: none
    target    TEXT NOT NULL DEFAULT '',    -- id that this one was merged into as stated
    standing  TEXT NOT NULL DEFAULT '{}',  -- JSON of sink.Standing
    shown     TEXT NOT NULL DEFAULT '',    -- JSON of what is merged over all records of the article
    revisions INTEGER NOT NULL DEFAULT 0,  -- number of the newest, 0: no article has come yet
    cursor    INTEGER NOT NULL DEFAULT 0,
    sort_at   TEXT NOT NULL DEFAULT '',    -- publication time, else seen_at, of the newest revision
    host      TEXT NOT NULL DEFAULT '',
    indexed   TEXT NOT NULL DEFAULT '',    -- content_hash that the search index holds
    withdrawn INTEGER NOT NULL DEFAULT 0   -- 1: nothing is kept of it but this row
) STRICT;
CREATE INDEX article_root ON article (root) WHERE root <> 0;
CREATE INDEX article_cursor ON article (cursor);
CREATE INDEX article_withdrawn ON article (cursor) WHERE withdrawn <> 0;
CREATE INDEX article_listed ON article (sort_at DESC, id) WHERE root = 0 AND revisions > 0;

-- The highest cursor given out.
CREATE TABLE sequence (last INTEGER NOT NULL) STRICT;
INSERT INTO sequence VALUES (0);

-- What the newest pipeline made of each source of an article.
CREATE TABLE rendition (
    key          INTEGER PRIMARY KEY,
    article      INTEGER NOT NULL REFERENCES article (key),
    source       TEXT NOT NULL,            -- SHA-256 of the source
    rendition    TEXT NOT NULL,
    parser       INTEGER NOT NULL,
    enricher     INTEGER NOT NULL,
    rules        TEXT NOT NULL,
    model        TEXT NOT NULL,
    seen_at      TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    record       TEXT NOT NULL,            -- JSON, without what is merged or assembled
    UNIQUE (article, source)
) STRICT;

-- Every result of every pipeline, so that a reprocessed text can be told from an edited one.
CREATE TABLE result (
    rendition    INTEGER NOT NULL REFERENCES rendition (key),
    parser       INTEGER NOT NULL,
    enricher     INTEGER NOT NULL,
    rules        TEXT NOT NULL,
    model        TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    PRIMARY KEY (rendition, parser, enricher, rules, model, content_hash)
) STRICT, WITHOUT ROWID;

-- When each source was fetched.
CREATE TABLE sighting (
    rendition INTEGER NOT NULL REFERENCES rendition (key),
    seen_at   TEXT NOT NULL,
    PRIMARY KEY (rendition, seen_at)
) STRICT, WITHOUT ROWID;

-- Derived from the three tables above.
CREATE TABLE revision (
    article   INTEGER NOT NULL REFERENCES article (key),
    number    INTEGER NOT NULL,
    rendition INTEGER NOT NULL REFERENCES rendition (key),
    seen_at   TEXT NOT NULL,
    previous  TEXT NOT NULL,               -- rendition of the revision before
    change    TEXT NOT NULL,               -- JSON, '' where there is none
    PRIMARY KEY (article, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE mention (
    article INTEGER NOT NULL REFERENCES article (key),
    feed    TEXT NOT NULL,
    entry   TEXT NOT NULL,                 -- guid or URL
    mention TEXT NOT NULL,                 -- JSON
    PRIMARY KEY (article, feed, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX mention_feed ON mention (feed, article);

CREATE TABLE url (
    article INTEGER NOT NULL REFERENCES article (key),
    url     TEXT NOT NULL,
    PRIMARY KEY (article, url)
) STRICT, WITHOUT ROWID;
CREATE INDEX url_url ON url (url, article);

-- The newest revisions' words; rowid is article.key. Text is put in through sink.SearchText.
CREATE VIRTUAL TABLE search USING fts5 (
    title, subtitle, byline, text, captions,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO search (search, rank) VALUES ('rank', 'bm25(10, 5, 5, 1, 2)');

-- +goose Down
DROP TABLE search;
DROP TABLE url;
DROP TABLE mention;
DROP TABLE revision;
DROP TABLE sighting;
DROP TABLE result;
DROP TABLE rendition;
DROP TABLE sequence;
DROP TABLE article;
PRAGMA application_id = 0;
