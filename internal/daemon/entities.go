package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/feedmill/feedmill/enricher/entityfile"
	"github.com/feedmill/feedmill/internal/config"
)

// openEntities opens the file of imported entities, nil where nothing was imported and the configuration names no file. It is
// closed when nobody holds it any more.
func openEntities(cfg *config.Config) (*entityfile.File, error) {
	f, err := entityfile.Open(cfg.EntitiesPath())
	if errors.Is(err, fs.ErrNotExist) && cfg.Enrich.Entities == "" {
		return nil, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("enrich.entities: %w; make it with feedmill entities import", err)
	}
	return f, err
}

// entitiesState is by what a file of entities that is put in the place of another is told; the zero one is of none.
type entitiesState struct {
	size     int64
	modified time.Time
}

func stateOfEntities(cfg *config.Config) entitiesState {
	info, err := os.Stat(cfg.EntitiesPath())
	if err != nil {
		return entitiesState{}
	}
	return entitiesState{info.Size(), info.ModTime()}
}
