-- The id of the story that readers find an article in, '' for none.

-- +goose Up
ALTER TABLE article ADD COLUMN story TEXT NOT NULL DEFAULT '';
CREATE INDEX article_story ON article (story, sort_at) WHERE story <> '';

-- +goose Down
DROP INDEX article_story;
ALTER TABLE article DROP COLUMN story;
