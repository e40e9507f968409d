package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/spf13/cobra"
)

// app is what the commands share: the streams, the environment and the flags that stand at many of them.
type app struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
	term     terminal
	program  string // as it was called, for commands to copy

	configFile string
	data       string
	nats       []string
	context    string
	sink       string
	logLevel   string
	quiet      bool

	log         *slog.Logger  // where messages go too once a daemon writes its log as JSON; nil before
	daemonLevel slog.LevelVar // of a daemon's log lines
}

func newApp(in io.Reader, out, err io.Writer, environ []string) *app {
	return &app{in: in, out: out, err: &sharedWriter{to: err}, environ: environ, term: newTerminal(out, err, environ), program: "feedmill"}
}

// sharedWriter is a writer for several goroutines, as workers and loggers write messages at once.
type sharedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *sharedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

// execute runs the command that args name and returns the exit code.
func (a *app) execute(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	err := checkCommand(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	if err == nil {
		return exitOK
	}
	msg := err.Error()
	switch {
	case msg == context.Canceled.Error():
		msg = "interrupted"
	case msg == "":
		return exitCode(err)
	}
	if a.log != nil {
		a.log.Error(msg)
	} else {
		fmt.Fprintln(a.err, a.term.red("feedmill:"), printable(msg))
	}
	return exitCode(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "feedmill",
		Short:         "News feeds in, clean annotated article records out",
		SilenceErrors: true, // told by execute
		SilenceUsage:  true,
		Args:          noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.out, shortHelp)
			return err
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	setHelp(root)
	root.SetFlagErrorFunc(flagError)
	flags := root.PersistentFlags()
	flags.StringVar(&a.configFile, "config", "", "configuration `FILE` (env FEEDMILL_CONFIG; default feedmill.yaml where there is one)")
	flags.StringVar(&a.logLevel, "log-level", "", "`LEVEL` of log lines: debug, info, warn or error (env FEEDMILL_LOG_LEVEL; default info)")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "no messages but errors")
	root.AddCommand(commands(a)...)
	root.SetHelpCommand(helpCommand(root))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

// dataFlag gives a command the flag that names the data directory.
func (a *app) dataFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.data, "data", "", "data `DIR`ectory (env FEEDMILL_DATA; default ./data)")
	cobra.CheckErr(c.MarkFlagDirname("data"))
}

// busFlags gives a command the flags that say where the bus is.
func (a *app) busFlags(c *cobra.Command) {
	a.dataFlag(c)
	c.Flags().StringSliceVar(&a.nats, "nats", nil, "`URL`s of NATS servers, instead of the embedded one (env FEEDMILL_NATS_URLS)")
	c.Flags().StringVar(&a.context, "context", "", "`NAME` of a context of the nats command-line tool, instead of --nats (env FEEDMILL_NATS_CONTEXT)")
}

// say tells a person something, unless they asked for quiet.
func (a *app) say(format string, args ...any) {
	switch {
	case a.quiet:
	case a.log != nil:
		a.log.Info(fmt.Sprintf(format, args...))
	default:
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}
