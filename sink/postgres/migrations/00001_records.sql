-- Rows of an article, in all tables, are written only in transactions that hold the lock of its row in table article.

-- +goose Up
CREATE TABLE feedmill.article (
    id        text COLLATE "C" PRIMARY KEY,
    root      text COLLATE "C" NOT NULL DEFAULT '',  -- id of the article that this one was merged into in the end, '': none
    ledger    json NOT NULL DEFAULT '{}',            -- JSON of sink.Ledger
    shown     json NOT NULL DEFAULT '{}',            -- JSON of sink.Shown
    revisions integer NOT NULL DEFAULT 0,            -- number of the newest, 0: no article has come yet
    cursor    bigint NOT NULL DEFAULT 0,
    indexed   text NOT NULL DEFAULT '',              -- content_hash that the search index holds
    -- Of the newest revision:
    sort_at   timestamptz NOT NULL DEFAULT '-infinity', -- publication time, else seen_at
    url       text NOT NULL DEFAULT '',
    host      text COLLATE "C" NOT NULL DEFAULT '',
    title     text NOT NULL DEFAULT '',
    language  text NOT NULL DEFAULT '',
    published timestamptz,
    state     text NOT NULL DEFAULT ''               -- live, gone, merged, withdrawn
);
CREATE INDEX article_root ON feedmill.article (root) WHERE root <> '';
CREATE INDEX article_cursor ON feedmill.article (cursor) WHERE cursor > 0;
CREATE INDEX article_listed ON feedmill.article (sort_at DESC, id) WHERE root = '' AND revisions > 0;
CREATE INDEX article_host ON feedmill.article ((reverse(host)) COLLATE "C") WHERE root = '' AND revisions > 0;

-- The highest cursor given out.
CREATE TABLE feedmill.sequence (last bigint NOT NULL);
INSERT INTO feedmill.sequence VALUES (0);

-- What the newest pipeline made of each source of an article.
CREATE TABLE feedmill.rendition (
    article text COLLATE "C" NOT NULL,
    source  text COLLATE "C" NOT NULL,               -- SHA-256 of the source
    record  json NOT NULL,                           -- without what is merged or assembled
    PRIMARY KEY (article, source)
);

CREATE TABLE feedmill.revision (
    article text COLLATE "C" NOT NULL,
    number  integer NOT NULL,
    source  text COLLATE "C" NOT NULL,
    seen_at timestamptz NOT NULL,
    shown   json NOT NULL,                           -- JSON of sink.Revision
    PRIMARY KEY (article, number)
);

-- Which article was seen in which feed, and under which URLs. URLs have no length limit, index entries do: digest is the
-- first half of a URL's SHA-256.
CREATE TABLE feedmill.mention (
    feed    text COLLATE "C" NOT NULL,
    article text COLLATE "C" NOT NULL,
    PRIMARY KEY (feed, article)
);
CREATE TABLE feedmill.url (
    digest  bytea NOT NULL,
    article text COLLATE "C" NOT NULL,
    PRIMARY KEY (digest, article)
);

-- The newest revisions' words: A title, B subtitle and byline, C captions, D text.
CREATE TABLE feedmill.search (
    article text COLLATE "C" PRIMARY KEY,
    words   tsvector NOT NULL
);
CREATE INDEX search_words ON feedmill.search USING gin (words);

-- LZ4 is several times as fast as what is used without it, where the server was built with it.
-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE feedmill.article ALTER COLUMN ledger SET COMPRESSION lz4, ALTER COLUMN shown SET COMPRESSION lz4;
        ALTER TABLE feedmill.rendition ALTER COLUMN record SET COMPRESSION lz4;
        ALTER TABLE feedmill.revision ALTER COLUMN shown SET COMPRESSION lz4;
        ALTER TABLE feedmill.search ALTER COLUMN words SET COMPRESSION lz4;
    END IF;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE feedmill.search;
DROP TABLE feedmill.url;
DROP TABLE feedmill.mention;
DROP TABLE feedmill.revision;
DROP TABLE feedmill.rendition;
DROP TABLE feedmill.sequence;
DROP TABLE feedmill.article;
