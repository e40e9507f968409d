-- Since when the pipelines are in use, by which they are ordered: times as elsewhere, '' where nobody kept account of it.

-- +goose Up
ALTER TABLE rendition ADD COLUMN parser_since TEXT NOT NULL DEFAULT '';
ALTER TABLE rendition ADD COLUMN enricher_since TEXT NOT NULL DEFAULT '';
ALTER TABLE result ADD COLUMN parser_since TEXT NOT NULL DEFAULT '';
ALTER TABLE result ADD COLUMN enricher_since TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE result DROP COLUMN enricher_since;
ALTER TABLE result DROP COLUMN parser_since;
ALTER TABLE rendition DROP COLUMN enricher_since;
ALTER TABLE rendition DROP COLUMN parser_since;
