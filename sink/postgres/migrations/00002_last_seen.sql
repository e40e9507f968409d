-- When an article, or one that was merged into it, was last seen: what is dropped by age. -infinity where that is not known.

-- +goose Up
ALTER TABLE feedmill.article ADD COLUMN last_seen timestamptz NOT NULL DEFAULT '-infinity';
-- Of what was only seen in feeds the age counts from now.
UPDATE feedmill.article a SET last_seen = coalesce(
    (SELECT max(v.seen_at) FROM feedmill.revision v WHERE v.article = a.id
        OR v.article IN (SELECT m.id FROM feedmill.article m WHERE m.root = a.id AND m.root <> '')),
    now()) WHERE state <> 'withdrawn';
CREATE INDEX article_last_seen ON feedmill.article (last_seen) WHERE root = '' AND state <> 'withdrawn';

-- +goose Down
DROP INDEX feedmill.article_last_seen;
ALTER TABLE feedmill.article DROP COLUMN last_seen;
