-- When an article, or one that was merged into it, was last seen: what is dropped by age. '' where that is not known.

-- +goose Up
ALTER TABLE article ADD COLUMN last_seen TEXT NOT NULL DEFAULT '';
-- Of what was only seen in feeds the age counts from now.
UPDATE article SET last_seen = coalesce(
    (SELECT max(v.seen_at) FROM revision v WHERE v.article = article.key
        OR v.article IN (SELECT m.key FROM article m WHERE m.root = article.key AND m.root <> 0)),
    strftime('%Y-%m-%dT%H:%M:%f000000Z', 'now')) WHERE withdrawn = 0;
CREATE INDEX article_last_seen ON article (last_seen) WHERE root = 0 AND withdrawn = 0;

-- +goose Down
DROP INDEX article_last_seen;
ALTER TABLE article DROP COLUMN last_seen;
