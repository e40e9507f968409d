package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/parser"
	"github.com/feedmill/feedmill/parser/siterule"
)

// maxRuleBytes bounds what is read of one rule file; what is larger is refused by its reader.
const maxRuleBytes = 2 << 20

// RuleFiles returns the paths of the rule files in directories: what ends in .yaml or .yml and does not begin with a dot.
// A directory that cannot be read is in the error, and the others are read all the same.
func RuleFiles(dirs []string) ([]string, error) {
	var files []string
	var errs []error
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("site rules %s: there is no such directory; make it, or take it out of parse.rules", dir))
		} else if err != nil {
			errs = append(errs, fmt.Errorf("site rules %s: %w", dir, err))
		}
		for _, e := range entries {
			ext := filepath.Ext(e.Name())
			if (ext == ".yaml" || ext == ".yml") && !strings.HasPrefix(e.Name(), ".") && !e.IsDir() {
				files = append(files, filepath.Join(dir, e.Name()))
			}
		}
	}
	return files, errors.Join(errs...)
}

// ruleFiles remembers the rule files that were read well.
type ruleFiles struct{ sites map[string]*siterule.Site }

// read reads the rule files of directories. A file that is wrong is in the error, and as it was when it was last right,
// or left out, in the set: it stops nothing else.
func (r *ruleFiles) read(dirs []string) (*siterule.Set, error) {
	files, err := RuleFiles(dirs)
	errs := []error{err}
	sites := map[string]*siterule.Site{}
	for _, path := range files {
		site, err := readRuleFile(path)
		if err != nil {
			errs = append(errs, err)
			if site = r.sites[path]; site == nil {
				continue
			}
		}
		sites[path] = site
	}
	r.sites = sites
	set, err := siterule.NewSet(slices.Collect(maps.Values(sites))...)
	return set, errors.Join(append(errs, err)...)
}

func readRuleFile(path string) (*siterule.Site, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("site rules: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRuleBytes))
	if err != nil {
		return nil, fmt.Errorf("site rules %s: %w", path, err)
	}
	return siterule.Parse(path, data)
}

// Rules reads the site rules that a configuration names. What is wrong in them is in the error; the set holds the rest.
func Rules(cfg *config.Config) (*siterule.Set, error) { return new(ruleFiles).read(cfg.Parse.Rules) }

// Extractor makes the extractor that the configuration asks for. Site rules that are wrong are logged and left out.
func Extractor(cfg *config.Config, log *slog.Logger) *parser.Extractor {
	rules, err := Rules(cfg)
	logRules(log, err)
	return newExtractor(cfg, rules, log)
}

func newExtractor(cfg *config.Config, rules *siterule.Set, log *slog.Logger) *parser.Extractor {
	return parser.NewExtractor(&parser.Options{MaxDepth: cfg.Parse.MaxDepth, MaxNodes: cfg.Parse.MaxNodes, Rules: rules, Logger: log})
}

// logRules logs what is wrong with site rules, one line each.
func logRules(log *slog.Logger, err error) {
	if err == nil {
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		log.Warn("a site rule is wrong and not in effect; all else goes on", "error", line)
	}
}

// ReloadRules reads the site rules of directories anew and puts them into use for the pages to come, where this process
// runs the parser. What is wrong in them is logged and changes nothing.
func (c *Client) ReloadRules(ctx context.Context, dirs []string) {
	if c.parsing == nil {
		return
	}
	if err := c.parsing.load(ctx, dirs); err != nil && ctx.Err() == nil {
		c.log.Warn("cannot put the site rules into use; trying again", "error", err)
	}
}
