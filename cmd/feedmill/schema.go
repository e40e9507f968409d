package main

import (
	"fmt"
	"strings"

	"github.com/feedmill/feedmill/internal/schema"
	"github.com/spf13/cobra"
)

func schemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema " + strings.Join(schema.Names(), "|"),
		Short: "Print the JSON Schema of records, pages, feed items or the configuration",
		Long: `Print a JSON Schema (2020-12): of records, of pages ('feedmill fetch', the input of 'feedmill parse'), of feed documents
with their items ('feedmill parse' on a feed), of what 'feedmill feeds test' finds out, or of the configuration. Its $id
ends with the version of the contract.`,
		Example:   "  feedmill schema record > record.schema.json\n  feedmill schema config | jq '.properties | keys'",
		Args:      exactArgs(1, "one of "+strings.Join(schema.Names(), ", ")),
		ValidArgs: schema.Names(),
		RunE: func(_ *cobra.Command, args []string) error {
			text, ok := schema.Get(args[0])
			if !ok || strings.ContainsAny(args[0], `/\.`) {
				return usageError{fmt.Errorf("no schema %q; there are %s", args[0], strings.Join(schema.Names(), ", "))}
			}
			_, err := a.out.Write(text)
			return err
		},
	}
}
