package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitOK       = 0
	exitFailure  = 1
	exitUsage    = 2 // unknown command or flag, wrong arguments, bad configuration
	exitPartial  = 3 // some feeds or lines failed, the others are done
	exitNotFound = 4
)

// commands is the table of commands, in the order of the help.
func commands(a *app) []*cobra.Command {
	return []*cobra.Command{
		runCommand(a),
		tryCommand(a),
		group("feeds", "Subscribe to feeds and see how they do",
			feedsAddCommand(a), feedsListCommand(a), feedsShowCommand(a), feedsRemoveCommand(a),
			feedsSetCommand(a), feedsTagCommand(a), feedsUntagCommand(a),
			feedsPauseCommand(a), feedsResumeCommand(a), feedsPollCommand(a), feedsTestCommand(a), feedsDiscoverCommand(a), feedsHealthCommand(a), feedsImportCommand(a), feedsExportCommand(a)),
		group("records", "Read what was stored",
			recordsListCommand(a), recordsShowCommand(a), recordsSearchCommand(a), recordsExportCommand(a), recordsDeleteCommand(a)),
		group("stories", "See which records tell the same, and why",
			storiesListCommand(a), storiesShowCommand(a), storiesSplitCommand(a), storiesJoinCommand(a)),
		group("entities", "Import persons and organizations that names are linked to",
			entitiesImportCommand(a), entitiesListCommand(a), entitiesShowCommand(a), entitiesRemoveCommand(a)),
		group("dlq", "See, retry and drop what was given up (dead letters)",
			dlqListCommand(a), dlqShowCommand(a), dlqRetryCommand(a), dlqDropCommand(a)),
		group("replay", "Send what is stored on the bus through a newer stage",
			replayStartCommand(a), replayListCommand(a), replayShowCommand(a), replayResumeCommand(a), replayCancelCommand(a)),
		group("rules", "Make and test site rules",
			rulesNewCommand(a), rulesTestCommand(a), rulesImportCommand(a)),
		explainCommand(a),
		statusCommand(a),
		healthcheckCommand(a),
		fetchCommand(a),
		parseCommand(a),
		enrichCommand(a),
		group("bus", "See and change the streams of the bus",
			busInfoCommand(a), busApplyCommand(a)),
		group("config", "Check and show the configuration",
			configCheckCommand(a), configShowCommand(a)),
		schemaCommand(a),
		initCommand(a),
		manCommand(a),
		benchCommand(a),
		versionCommand(a),
	}
}

func main() {
	cobra.EnableCommandSorting = false // the table is in the order of use
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the work in hand; with the handler gone, a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	a := newApp(os.Stdin, os.Stdout, os.Stderr, os.Environ())
	a.program = os.Args[0]
	os.Exit(a.execute(ctx, os.Args[1:]))
}
