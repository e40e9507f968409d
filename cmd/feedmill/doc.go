// Command feedmill turns feeds into clean, annotated article records. `feedmill run` is the daemon; the other commands
// work beside a running one and without one.
//
// Data goes to standard output, messages to standard error. The exit code is 0 for success, 1 for a failure, 2 for wrong
// usage or configuration, 3 where only a part was done, and 4 where what was asked for does not exist.
//
// Its files: main.go (the table of commands), one file for each command, and what they share: app.go (streams and common
// flags), exit.go (errors and codes), help.go, suggest.go (typing errors), settings.go (configuration), reload.go
// (configuration that changes), client.go (the bus), store.go (records), page.go (documents and fetching), discover.go (a
// site's feeds), dlq.go (which dead letters), lines.go (filters over JSON lines), output.go and table.go (the forms of
// output), render.go (a record for people), terminal.go, progress.go. What run --demo shows is in demo.go.
package main
