package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/spf13/cobra"
)

// exampleList is the feed list that init writes. It subscribes to nothing.
const exampleList = `# Feeds, one URL a line, followed by #tags where they are of use. The daemon reads this file again when it changes.
#
# https://example.com/feed.xml  #news #News/Korea
# https://example.org/atom
`

func initCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a commented feedmill.yaml and an example feed list",
		Long: `Write a feedmill.yaml in which every key stands with its default, commented out, and a feed list feeds.txt that it names,
into DIR or the current directory. Nothing is overwritten.`,
		Example: "  feedmill init && feedmill run\n  feedmill init /etc/feedmill",
		Args:    atMostOneArg,
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return a.init(dir)
		},
	}
}

func (a *app) init(dir string) error {
	list := filepath.Join(dir, "feeds.txt")
	files := []struct {
		path, text string
		mode       fs.FileMode
	}{
		{filepath.Join(dir, defaultConfigFile), strings.Replace(config.Example(), "#feeds: []", fmt.Sprintf("feeds: [%q]", list), 1), 0o600}, // it may come to hold passwords
		{list, exampleList, 0o644},
	}
	for _, f := range files {
		if _, err := os.Lstat(f.path); err == nil {
			return fmt.Errorf("%s is there already and is not overwritten; nothing was written", f.path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if err := writeNew(f.path, f.text, f.mode); err != nil {
			return err
		}
		fmt.Fprintln(a.out, f.path)
	}
	hint := ""
	if dir != "." {
		hint = " --config " + files[0].path
	}
	a.say("to check it: feedmill config check %s; to start: feedmill run%s", files[0].path, hint)
	return nil
}

// writeNew writes a file that must not be there.
func writeNew(path, text string, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
