-- The id of the story that readers find an article in, '' for none.

-- +goose Up
ALTER TABLE feedmill.article ADD COLUMN story text NOT NULL DEFAULT '';
CREATE INDEX article_story ON feedmill.article (story, sort_at) WHERE story <> '';

-- +goose Down
DROP INDEX feedmill.article_story;
ALTER TABLE feedmill.article DROP COLUMN story;
